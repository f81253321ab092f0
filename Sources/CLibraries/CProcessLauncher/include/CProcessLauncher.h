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
    /// How many processes the program may be at once.
    uint32_t processes;
    /// Whether file rules are set; without them the lists are ignored.
    int restricts_files;
    char *const *readable;
    char *const *writable;
    /// Folders whose names may be read, and of what is in them nothing else.
    char *const *listable;
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
} penstock_launched;

/// A running program with its keeper: a process between it and the host that ends everything the program started.
typedef struct penstock_child penstock_child;

/// How a program ended.
typedef struct {
    /// As `waitpid` gives it.
    int status;
    /// Whether it was ended since it was more processes than allowed.
    int was_too_many;
    /// Whether it was ended since its processes together used more memory than `memory_bytes`.
    int was_too_large;
    /// Whether it was ended since its processes together used more processor time than `cpu_seconds`.
    int was_too_long;
    /// Whether its keeper was ended from outside, so that children of the program may be left.
    int was_left;
} penstock_end;

/// Starts a program in a session of its own; it and all its descendants end with the host. NULL where it did not start.
///
/// The keeper adopts what loses its parent, also what left the session, and needs no right for that. It shares the
/// host's memory but lives on when the host is killed.
penstock_child *penstock_start(const penstock_launch *launch, penstock_launched *launched);

/// A descriptor that becomes readable once the program and all its descendants have ended.
int penstock_watch(const penstock_child *child);

/// Sends SIGTERM to the program's group.
void penstock_ask_to_end(const penstock_child *child);

/// Ends the program and all its descendants, waits for that and frees the child.
penstock_end penstock_finish(penstock_child *child);

/// A descriptor that becomes readable when 8 bytes are written to it (eventfd).
int penstock_bell(void);

/// The kernel's Landlock version; 0 or less where it has none.
int penstock_landlock_version(void);

/// Whether calls that change other processes are refused on this architecture.
int penstock_filters_calls(void);

/// The path of the library a symbol of this process comes from; NULL where it is in none. Lives as long as the library.
const char *penstock_library_of(const char *symbol);

/// Whether a file holds a text; 0 where it cannot be read.
int penstock_file_holds(const char *path, const char *text);

#endif
