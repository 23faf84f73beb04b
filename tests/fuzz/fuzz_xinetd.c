/* An xinetd.conf as a configuration of usherd: see fuzz/fuzz_convert.h. */
#include "fuzz/fuzz_convert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_convert(from_xinetd_text, data, size);
	return 0;
}
