#define _GNU_SOURCE
#include "Launching.h"

#if defined(__linux__)

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// The kernel's interface, spelled out: older headers lack the later fields.
enum { landlock_create = 444, landlock_add = 445, landlock_restrict = 446, close_range_call = 436 };
enum {
    access_execute = 1 << 0, access_write_file = 1 << 1, access_read_file = 1 << 2, access_read_dir = 1 << 3,
    access_make_char = 1 << 6, access_make_block = 1 << 11, access_truncate = 1 << 14, access_ioctl = 1 << 15
};
struct ruleset { uint64_t files, network, scoped; };
struct path_rule { uint64_t access; int32_t parent; } __attribute__((packed));

static uint64_t handled_files(int version) {
    uint64_t access = (1 << 13) - 1;
    if (version >= 2) access |= 1 << 13;
    if (version >= 3) access |= access_truncate;
    if (version >= 5) access |= access_ioctl;
    return access;
}

static void allow(int ruleset, const char *path, uint64_t access) {
    int file = open(path, O_PATH | O_CLOEXEC);
    if (file < 0) return; // What is not there needs no rule.
    struct stat status;
    if (fstat(file, &status) == 0 && !S_ISDIR(status.st_mode)) {
        access &= access_execute | access_write_file | access_read_file | access_truncate | access_ioctl;
    }
    struct path_rule rule = {access, file};
    syscall(landlock_add, ruleset, 1, &rule, 0);
    close(file);
}

int penstock_make_ruleset(const penstock_launch *launch, int *version) {
    *version = penstock_landlock_version();
    if (!launch->restricts_files || *version < 1) {
        *version = 0;
        return -1;
    }
    uint64_t all = handled_files(*version);
    // Version 6 also keeps signals and abstract sockets inside the plugin's own domain.
    struct ruleset rules = {all, 0, *version >= 6 ? 3 : 0};
    size_t size = *version >= 6 ? sizeof rules : sizeof rules.files;
    int ruleset = (int)syscall(landlock_create, &rules, size, 0);
    if (ruleset < 0) {
        *version = 0;
        return -1;
    }
    for (char *const *path = launch->readable; path && *path; path++) {
        allow(ruleset, *path, access_execute | access_read_file | access_read_dir);
    }
    for (char *const *path = launch->listable; path && *path; path++) allow(ruleset, *path, access_read_dir);
    // A device made in its own folder would be a way to the disk itself.
    uint64_t writing = all & ~(uint64_t)(access_make_char | access_make_block);
    for (char *const *path = launch->writable; path && *path; path++) allow(ruleset, *path, writing);
    return ruleset;
}

int penstock_restrict(int ruleset) {
    // Its own entry, which has a number only now: a Swift program reads its arguments there.
    allow(ruleset, "/proc/self", access_read_file | access_read_dir);
    return (int)syscall(landlock_restrict, ruleset, 0);
}

static int limit(int resource, uint64_t value) {
    if (value == 0) return 0;
    struct rlimit limits = {value, value};
    return setrlimit(resource, &limits);
}

/// Runs between vfork and exec: only system calls, nothing of the parent's memory but `launched` is written.
static void become(
    const penstock_launch *launch, volatile penstock_launched *launched, int ruleset, pid_t parent, const int *streams
) {
#define STEP(words, call) do { if ((call) < 0) { launched->step = words; launched->fault = errno; _exit(127); } } while (0)
    // A session of its own: it can join no group of the host's, and has no terminal.
    STEP("own session", setsid());
    STEP("die with the host", prctl(PR_SET_PDEATHSIG, SIGKILL));
    if (getppid() != parent) _exit(127);
    for (int stream = 0; stream < 3; stream++) STEP("standard streams", dup2(streams[stream], stream));
    STEP("close files", syscall(close_range_call, 3, ~0U, 4));
    STEP("working folder", chdir(launch->directory));
    signal(SIGPIPE, SIG_DFL);
    // Behind the host when processors are short: a busy plugin must not slow down pipelines it has no part in.
    if (nice(5) == -1) errno = 0;
    struct rlimit no_core = {0, 0};
    STEP("no core file", setrlimit(RLIMIT_CORE, &no_core));
    STEP("memory limit", limit(RLIMIT_AS, launch->memory_bytes));
    STEP("CPU limit", limit(RLIMIT_CPU, launch->cpu_seconds));
    STEP("file limit", limit(RLIMIT_NOFILE, launch->open_files));
    STEP("no new privileges", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    penstock_drop_powers();
    if (ruleset >= 0) STEP("file rules", penstock_restrict(ruleset));
    STEP("call filter", penstock_filter_calls(!launch->denies_network, ruleset >= 0 && launched->landlock >= 6));
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(launch->path, launch->arguments, launch->environment);
    launched->step = "start of the program";
    launched->fault = errno;
    _exit(127);
#undef STEP
}

pid_t penstock_become(
    const penstock_launch *launch, volatile penstock_launched *launched, int ruleset, const int *streams
) {
    pid_t parent = getpid();
    pid_t process = vfork();
    if (process == 0) become(launch, launched, ruleset, parent, streams);
    if (process < 0) {
        launched->step = "new process";
        launched->fault = errno;
    }
    return process;
}

int penstock_landlock_version(void) { return (int)syscall(landlock_create, NULL, 0, 1); }

#endif
