#define _GNU_SOURCE
#include "Descendants.h"
#include "Launching.h"

#if defined(__linux__)

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { stack_size = 256 << 10, call_pidfd_send_signal = 424, call_close_range = 436 };
enum { end_signal = SIGUSR1, ask_signal = SIGUSR2 };

struct penstock_child {
    const penstock_launch *launch;
    penstock_launched *launched;
    int ruleset;
    int streams[3];
    pid_t host;
    /// Written once the program runs or did not start.
    int started;
    /// Written once everything has ended.
    int ended;
    int keeper;
    volatile penstock_end end;
    volatile int has_ended;
    pthread_t thread;
};

static void ring(int bell) {
    uint64_t one = 1;
    while (write(bell, &one, sizeof one) < 0 && errno == EINTR) {}
}

static void wait_for(int bell) {
    uint64_t count;
    while (read(bell, &count, sizeof count) < 0 && errno == EINTR) {}
}

/// Takes the status of everything that ended; returns whether there are still children.
static int reap(struct penstock_child *child, pid_t program) {
    for (;;) {
        int status;
        pid_t ended = waitpid(-1, &status, WNOHANG | __WALL);
        if (ended == 0) return 1;
        if (ended < 0 && errno != EINTR) return 0;
        if (ended == program && (WIFEXITED(status) || WIFSIGNALED(status))) {
            child->end.status = status;
            child->has_ended = 1;
        }
    }
}

/// Ends the program and whatever it left behind, in rounds: what is born during one is found in the next.
static void end_all(struct penstock_child *child, pid_t program, int processes) {
    const struct timespec pause = {0, 2000000};
    for (int round = 0; round < 5000; round++) {
        if (!child->has_ended) kill(-program, SIGKILL);
        if (!child->has_ended) kill(program, SIGKILL);
        penstock_descendants(processes, SIGKILL, NULL, 0);
        if (!reap(child, program)) return;
        nanosleep(&pause, NULL);
    }
}

/// Whether the program is more processes than it may be; looks at all of them only where enough were born since.
static int is_too_many(struct penstock_child *child, uint32_t most, int processes, long *last, size_t *count) {
    long now = penstock_last_process(processes);
    long born = now - *last;
    if (born >= 0 && *count + (size_t)born <= most) return 0;
    *last = now;
    *count = penstock_descendants(processes, 0, NULL, 0);
    if (*count <= most) return 0;
    child->end.was_too_many = 1;
    return 1;
}

/// Whether all processes of the program together use more memory or processor time than one of them may; looks once a
/// second. What one uses alone the kernel bounds.
static int is_too_much(
    struct penstock_child *child, uint64_t memory, uint64_t seconds, int processes, time_t *looked) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if ((memory == 0 && seconds == 0) || now.tv_sec == *looked) return 0;
    *looked = now.tv_sec;
    penstock_usage usage;
    if (penstock_descendants(processes, 0, &usage, memory == 0 ? UINT64_MAX : memory) < 2) return 0;
    struct rusage ended;
    getrusage(RUSAGE_CHILDREN, &ended);
    uint64_t spent = usage.ticks / (uint64_t)sysconf(_SC_CLK_TCK) + (uint64_t)(ended.ru_utime.tv_sec + ended.ru_stime.tv_sec);
    child->end.was_too_large = memory > 0 && usage.proportional > memory;
    child->end.was_too_long = seconds > 0 && spent > seconds;
    return child->end.was_too_large || child->end.was_too_long;
}

/// The keeper: it adopts, watches and ends. It has no file of the host, and shares its thread's error number.
static int keep(void *raw) {
    struct penstock_child *child = raw;
    const struct timespec while_asleep = {0, 250000000};
    // Copied: what the host asked for is its own again once the program runs.
    uint32_t most = child->launch->processes;
    uint64_t memory = child->launch->memory_bytes, seconds = child->launch->cpu_seconds;
    sigset_t heard;
    sigfillset(&heard);
    sigprocmask(SIG_BLOCK, &heard, NULL);
    prctl(PR_SET_PDEATHSIG, end_signal);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_NAME, "penstock-keeper");
    setpgid(0, 0);
    pid_t program = penstock_become(child->launch, child->launched, child->ruleset, child->streams);
    child->launched->process = program;
    int started = child->started;
    // What is closed here stays open in the host.
    if (started > 0) syscall(call_close_range, 0, started - 1, 0);
    syscall(call_close_range, started + 1, ~0U, 0);
    int processes = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ring(started);
    close(started);
    if (program < 0) return 0;
    sigemptyset(&heard);
    sigaddset(&heard, SIGCHLD);
    sigaddset(&heard, end_signal);
    sigaddset(&heard, ask_signal);
    long last = penstock_last_process(processes);
    size_t count = 1;
    time_t looked = 0;
    while (getppid() == child->host) {
        int what = sigtimedwait(&heard, NULL, &while_asleep);
        if (what == end_signal) break;
        if (what == ask_signal && !child->has_ended) kill(-program, SIGTERM);
        reap(child, program);
        if (child->has_ended || (most > 0 && is_too_many(child, most, processes, &last, &count))) break;
        if (is_too_much(child, memory, seconds, processes, &looked)) break;
    }
    end_all(child, program, processes);
    return 0;
}

/// Lends its memory and error number to the keeper: it only waits until that has ended.
static void *lend(void *raw) {
    struct penstock_child *child = raw;
    char *stack = mmap(NULL, stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    pid_t keeper = -1;
    if (stack != MAP_FAILED) {
        keeper = clone(keep, stack + stack_size, CLONE_VM | CLONE_PIDFD | SIGCHLD, child, &child->keeper);
    }
    if (keeper < 0) {
        child->launched->step = "new process";
        child->launched->fault = errno;
        ring(child->started);
    } else {
        int status = 0;
        while (waitpid(keeper, &status, 0) < 0 && errno == EINTR) {}
        child->end.was_left = !WIFEXITED(status);
        // It may have been ended before it said anything.
        ring(child->started);
    }
    if (stack != MAP_FAILED) munmap(stack, stack_size);
    ring(child->ended);
    return NULL;
}

static void release(penstock_child *child) {
    pthread_join(child->thread, NULL);
    if (child->keeper >= 0) close(child->keeper);
    close(child->started);
    close(child->ended);
    free(child);
}

static int begin(penstock_child *child) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 128 << 10);
    // The thread takes no signal: it must not run anything while it lends its memory.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int fault = pthread_create(&child->thread, &attributes, lend, child);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return fault;
}

penstock_child *penstock_start(const penstock_launch *launch, penstock_launched *launched) {
    memset(launched, 0, sizeof *launched);
    launched->process = -1;
    penstock_child *child = calloc(1, sizeof *child);
    if (!child) {
        launched->fault = ENOMEM;
        return NULL;
    }
    child->launch = launch;
    child->launched = launched;
    child->host = getpid();
    child->keeper = -1;
    child->started = eventfd(0, EFD_CLOEXEC);
    child->ended = eventfd(0, EFD_CLOEXEC);
    child->ruleset = penstock_make_ruleset(launch, &launched->landlock);
    // Above 2, so that dup2 onto 0, 1 and 2 cannot overwrite one that is still needed.
    const int given[3] = {launch->standard_input, launch->standard_output, launch->standard_error};
    for (int stream = 0; stream < 3; stream++) child->streams[stream] = fcntl(given[stream], F_DUPFD_CLOEXEC, 10);
    int fault = child->started < 0 || child->ended < 0 ? EMFILE : begin(child);
    if (fault == 0) wait_for(child->started);
    for (int stream = 0; stream < 3; stream++) if (child->streams[stream] >= 0) close(child->streams[stream]);
    if (child->ruleset >= 0) close(child->ruleset);
    if (fault != 0) {
        launched->step = "new thread";
        launched->fault = fault;
        close(child->started);
        close(child->ended);
        free(child);
        return NULL;
    }
    if (launched->fault == 0 && launched->process > 0) return child;
    if (launched->fault == 0) launched->fault = EAGAIN;
    if (!launched->step) launched->step = "new process";
    release(child);
    return NULL;
}

int penstock_watch(const penstock_child *child) { return child->ended; }

void penstock_ask_to_end(const penstock_child *child) {
    if (child->keeper >= 0) syscall(call_pidfd_send_signal, child->keeper, ask_signal, NULL, 0);
}

penstock_end penstock_finish(penstock_child *child) {
    if (child->keeper >= 0) syscall(call_pidfd_send_signal, child->keeper, end_signal, NULL, 0);
    wait_for(child->ended);
    penstock_end end = {
        child->end.status, child->end.was_too_many, child->end.was_too_large, child->end.was_too_long,
        child->end.was_left};
    release(child);
    return end;
}

int penstock_bell(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int penstock_filters_calls(void) {
#if defined(__x86_64__) || defined(__aarch64__)
    return 1;
#else
    return 0;
#endif
}

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

penstock_child *penstock_start(const penstock_launch *launch, penstock_launched *launched) {
    memset(launched, 0, sizeof *launched);
    launched->process = -1;
    launched->step = "process plugins on this system";
    launched->fault = ENOTSUP;
    return NULL;
}

int penstock_watch(const penstock_child *child) { return -1; }

void penstock_ask_to_end(const penstock_child *child) {}

penstock_end penstock_finish(penstock_child *child) { return (penstock_end){0}; }

int penstock_bell(void) { return -1; }

int penstock_landlock_version(void) { return 0; }

int penstock_filters_calls(void) { return 0; }

const char *penstock_library_of(const char *symbol) { return NULL; }

int penstock_file_holds(const char *path, const char *text) { return 0; }

#endif
