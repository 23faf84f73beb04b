#include "core/machine.h"

#include "core/service.h"
#include "core/supervisor.h"

void machine_init(struct supervisor *sup)
{
	proc_init(&sup->machine);
}

void machine_free(struct supervisor *sup)
{
	proc_close(&sup->machine);
}

void machine_open(struct supervisor *sup)
{
	sup->admit.busy = sup->machine.value;
	for (size_t i = 0; i < sup->service_count; i++)
		for (int j = 0; j < PROC_FIGURES; j++)
			if (sup->services[i]->conf->busy_most[j] > 0)
				(void)proc_open(&sup->machine, PROC_DIR, (enum proc_figure)j);
}

void machine_look(const struct service *service)
{
	struct supervisor *sup = service->sup;

	if (service->conf->heeds_machine)
		proc_refresh(&sup->machine, loop_now(sup->loop));
}
