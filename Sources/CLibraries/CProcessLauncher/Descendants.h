#ifndef DESCENDANTS_H
#define DESCENDANTS_H

#include <stddef.h>
#include <stdint.h>

/// What processes use together.
typedef struct {
    /// Memory that is present, shared pages counted for each; bytes.
    uint64_t resident;
    /// The same with shared pages counted once, where `resident` is above the bound that was given; else 0.
    uint64_t proportional;
    /// Processor time, also of their children that ended; ticks.
    uint64_t ticks;
} penstock_usage;

/// Counts the descendants of the calling process and sends each a signal, 0 for none. Allocates nothing of the heap.
///
/// `folder` is /proc, opened. 0 where it cannot be read. `usage`, where it is not NULL, gets what they use; shared pages
/// are only told apart above `bound` bytes, since that takes longer.
size_t penstock_descendants(int folder, int signal, penstock_usage *usage, uint64_t bound);

/// The number that was given to a process or thread last, by anyone; 0 where the system does not say.
long penstock_last_process(int folder);

#endif
