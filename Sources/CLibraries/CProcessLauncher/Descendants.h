#ifndef DESCENDANTS_H
#define DESCENDANTS_H

#include <stddef.h>

/// Counts the descendants of the calling process and sends each a signal, 0 for none. Allocates nothing of the heap.
///
/// `folder` is /proc, opened. 0 where it cannot be read.
size_t penstock_descendants(int folder, int signal);

/// The number that was given to a process or thread last, by anyone; 0 where the system does not say.
long penstock_last_process(int folder);

#endif
