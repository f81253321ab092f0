#define _GNU_SOURCE
#include "CProcessLauncher.h"

#if defined(__linux__)

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define AUDIT_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define AUDIT_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

// The kernel's interface, spelled out: older headers lack the later fields.
enum { landlock_create = 444, landlock_add = 445, landlock_restrict = 446, close_range_call = 436, pidfd_open = 434 };
enum {
    access_execute = 1 << 0, access_write_file = 1 << 1, access_read_file = 1 << 2, access_read_dir = 1 << 3,
    access_truncate = 1 << 14, access_ioctl = 1 << 15
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

/// Builds the file rules; returns -1 where the kernel has no Landlock.
static int make_ruleset(const penstock_launch *launch, int *version) {
    *version = (int)syscall(landlock_create, NULL, 0, 1);
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
    for (char *const *path = launch->writable; path && *path; path++) allow(ruleset, *path, all);
    return ruleset;
}

static int limit(int resource, uint64_t value) {
    if (value == 0) return 0;
    struct rlimit limits = {value, value};
    return setrlimit(resource, &limits);
}

/// Refuses every socket that is not local, and io_uring, which would go around the filter.
static int filter_network(void) {
#if defined(AUDIT_ARCHITECTURE)
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCHITECTURE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 4, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 425, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof steps / sizeof *steps, steps};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
#else
    return 0;
#endif
}

/// Runs between vfork and exec: only system calls, nothing of the parent's memory but `launched` is written.
static void become(
    const penstock_launch *launch, volatile penstock_launched *launched, int ruleset, pid_t parent, const int *streams
) {
#define STEP(words, call) do { if ((call) < 0) { launched->step = words; launched->fault = errno; _exit(127); } } while (0)
    STEP("own process group", setpgid(0, 0));
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
    // Its own entry, which has a number only now: a Swift program reads its arguments there.
    if (ruleset >= 0) allow(ruleset, "/proc/self", access_read_file | access_read_dir);
    if (ruleset >= 0) STEP("file rules", syscall(landlock_restrict, ruleset, 0));
    if (launch->denies_network) {
        STEP("network filter", filter_network());
#if defined(AUDIT_ARCHITECTURE)
        launched->filters_network = 1;
#endif
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(launch->path, launch->arguments, launch->environment);
    launched->step = "start of the program";
    launched->fault = errno;
    _exit(127);
#undef STEP
}

int penstock_start(const penstock_launch *launch, penstock_launched *launched) {
    memset(launched, 0, sizeof *launched);
    launched->process = -1;
    int version = 0;
    int ruleset = make_ruleset(launch, &version);
    // Above 2, so that dup2 onto 0, 1 and 2 cannot overwrite one that is still needed.
    const int given[3] = {launch->standard_input, launch->standard_output, launch->standard_error};
    int streams[3];
    for (int stream = 0; stream < 3; stream++) streams[stream] = fcntl(given[stream], F_DUPFD_CLOEXEC, 10);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    pid_t parent = getpid();
    pid_t process = vfork();
    if (process == 0) become(launch, launched, ruleset, parent, streams);
    int fault = process < 0 ? errno : launched->fault;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    for (int stream = 0; stream < 3; stream++) if (streams[stream] >= 0) close(streams[stream]);
    if (ruleset >= 0) close(ruleset);
    launched->landlock = version;
    launched->fault = fault;
    if (process < 0) launched->step = "new process";
    else launched->process = process;
    return fault;
}

int penstock_watch(pid_t process) { return (int)syscall(pidfd_open, process, 0); }

int penstock_bell(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int penstock_file_holds(const char *path, const char *text) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    struct stat status;
    int found = 0;
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
        size_t size = (size_t)status.st_size;
        void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
        if (bytes != MAP_FAILED) {
            found = memmem(bytes, size, text, strlen(text)) != NULL;
            munmap(bytes, size);
        }
    }
    close(file);
    return found;
}

const char *penstock_library_of(const char *symbol) {
    Dl_info info;
    void *address = dlsym(RTLD_DEFAULT, symbol);
    return address && dladdr(address, &info) ? info.dli_fname : NULL;
}

#else

#include <errno.h>
#include <string.h>

int penstock_start(const penstock_launch *launch, penstock_launched *launched) {
    memset(launched, 0, sizeof *launched);
    launched->process = -1;
    launched->step = "process plugins on this system";
    launched->fault = ENOTSUP;
    return ENOTSUP;
}

int penstock_watch(pid_t process) { return -1; }

int penstock_bell(void) { return -1; }

const char *penstock_library_of(const char *symbol) { return NULL; }

int penstock_file_holds(const char *path, const char *text) { return 0; }

#endif

int penstock_landlock_version(void) { return (int)syscall(landlock_create, NULL, 0, 1); }
