#ifndef C_PROCESS_LAUNCHER_H
#define C_PROCESS_LAUNCHER_H

#include <stdint.h>
#include <sys/types.h>

/// How a plugin's process is started. Lists end with NULL; a limit of 0 is no limit.
typedef struct {
    const char *path;
    char *const *arguments;
    char *const *environment;
    const char *directory;
    int standard_input;
    int standard_output;
    int standard_error;
    uint64_t memory_bytes;
    uint64_t cpu_seconds;
    uint64_t open_files;
    /// Whether file rules are set; without them both lists are ignored.
    int restricts_files;
    char *const *readable;
    char *const *writable;
    /// Whether internet sockets are refused.
    int denies_network;
} penstock_launch;

/// What became of a start.
typedef struct {
    pid_t process;
    /// errno of the step that was refused; 0 where the process runs.
    int fault;
    /// The step that was refused, in words.
    const char *step;
    /// The kernel's Landlock version that was used; 0 where file rules are not enforced.
    int landlock;
    /// Whether the network filter is in force.
    int filters_network;
} penstock_launched;

/// Starts a process in its own group that dies with the calling thread; returns 0 or the fault.
int penstock_start(const penstock_launch *launch, penstock_launched *launched);

/// A descriptor that becomes readable when the process ends; -1 where the kernel has none.
int penstock_watch(pid_t process);

/// A descriptor that becomes readable when 8 bytes are written to it (eventfd).
int penstock_bell(void);

/// The kernel's Landlock version; 0 or less where it has none.
int penstock_landlock_version(void);

/// The path of the library a symbol of this process comes from; NULL where it is in none. Lives as long as the library.
const char *penstock_library_of(const char *symbol);

/// Whether a file holds a text; 0 where it cannot be read.
int penstock_file_holds(const char *path, const char *text);

#endif
