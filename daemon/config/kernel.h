/* config/kernel.h - what this machine says to the sockets of a service.
 *
 * Tries on a socket of its own what can be tried without binding an address, as
 * usherd would later fail at it again and again, or get less than was asked for,
 * without a word. What can change while usherd runs is a warning; what lacks a
 * capability is an error. Changes nothing, but the kernel may load a module. */
#ifndef CONFIG_KERNEL_H
#define CONFIG_KERNEL_H

#include "config/builder.h"

void kernel_try(struct builder *b);

#endif
