/* A socket unit and its service unit in one text as a configuration of usherd: see
 * fuzz/fuzz_convert.h. */
#include "fuzz/fuzz_convert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_convert(from_systemd_text, data, size);
	return 0;
}
