#define _GNU_SOURCE
#include "Descendants.h"

#if defined(__linux__)

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { highest = 1 << 22, most = 1 << 17 };
struct entry { pid_t process, parent; };
struct table {
    struct entry entries[most];
    uint64_t bits[highest / 64];
    size_t count;
};
struct directory_entry { uint64_t inode; int64_t offset; uint16_t length; uint8_t type; char name[]; };

static int is_marked(const struct table *table, pid_t process) {
    return process > 0 && process < highest && (table->bits[process / 64] >> process % 64 & 1);
}

static void mark(struct table *table, pid_t process) {
    if (process > 0 && process < highest) table->bits[process / 64] |= (uint64_t)1 << process % 64;
}

static pid_t number(const char *text) {
    pid_t value = 0;
    for (; *text >= '0' && *text <= '9'; text++) value = value * 10 + (*text - '0');
    return value;
}

/// Reads a short file below an open folder; returns its text, empty where it is not there.
static const char *read_text(int folder, const char *path, char *buffer, size_t size) {
    int file = openat(folder, path, O_RDONLY | O_CLOEXEC);
    ssize_t count = file < 0 ? 0 : read(file, buffer, size - 1);
    if (file >= 0) close(file);
    buffer[count > 0 ? count : 0] = 0;
    return buffer;
}

/// Reads a file of a process; the part behind its name where `skips_name`. Empty where it is not there.
static const char *read_of(int folder, const char *name, const char *file, char *text, size_t size, int skips_name) {
    char path[48];
    size_t length = strlen(name), rest = strlen(file) + 1;
    text[0] = 0;
    if (length > 16 || rest > 24) return text;
    memcpy(path, name, length);
    memcpy(path + length, file, rest);
    read_text(folder, path, text, size);
    if (!skips_name) return text;
    // "number (name) state parent": the name may hold anything, brackets too.
    const char *end = strrchr(text, ')');
    return end && strlen(end) > 4 ? end + 2 : "";
}

static pid_t parent_of(int folder, const char *name) {
    char text[512];
    const char *state = read_of(folder, name, "/stat", text, sizeof text, 1);
    return *state ? number(state + 2) : 0;
}

/// The number that stands behind so many spaces; 0 where there is none.
static uint64_t field(const char *text, int spaces) {
    for (; *text && spaces > 0; text++) spaces -= *text == ' ';
    uint64_t value = 0;
    for (; *text >= '0' && *text <= '9'; text++) value = value * 10 + (uint64_t)(*text - '0');
    return value;
}

static void write_number(pid_t process, char *name) {
    char digits[16];
    int count = 0;
    for (; process > 0 && count < 15; process /= 10) digits[count++] = (char)('0' + process % 10);
    for (int i = 0; i < count; i++) name[i] = digits[count - 1 - i];
    name[count] = 0;
}

static void add_usage(int folder, pid_t process, penstock_usage *usage) {
    char name[16], text[512];
    write_number(process, name);
    usage->resident += field(read_of(folder, name, "/statm", text, sizeof text, 0), 1) * (uint64_t)sysconf(_SC_PAGESIZE);
    // State is the first field behind the name; utime, stime, cutime and cstime are 11 to 14 behind it.
    const char *state = read_of(folder, name, "/stat", text, sizeof text, 1);
    for (int place = 11; place <= 14; place++) usage->ticks += field(state, place);
}

static uint64_t proportional(int folder, pid_t process) {
    char name[16], text[2048];
    write_number(process, name);
    const char *found = strstr(read_of(folder, name, "/smaps_rollup", text, sizeof text, 0), "\nPss:");
    if (!found) return 0;
    for (found += 5; *found == ' '; found++) {}
    return field(found, 0) * 1024;
}

static void read_table(int folder, struct table *table) {
    char buffer[8192];
    table->count = 0;
    lseek(folder, 0, SEEK_SET);
    for (;;) {
        long size = syscall(SYS_getdents64, folder, buffer, sizeof buffer);
        if (size <= 0) return;
        for (long place = 0; place < size;) {
            struct directory_entry *item = (struct directory_entry *)(buffer + place);
            place += item->length;
            pid_t process = number(item->name);
            if (process == 0 || table->count == most) continue;
            table->entries[table->count++] = (struct entry){process, parent_of(folder, item->name)};
        }
    }
}

size_t penstock_descendants(int folder, int signal, penstock_usage *usage, uint64_t bound) {
    if (usage) *usage = (penstock_usage){0, 0, 0};
    if (folder < 0) return 0;
    struct table *table =
        mmap(NULL, sizeof *table, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (table == MAP_FAILED) return 0;
    read_table(folder, table);
    mark(table, getpid());
    size_t found = 0;
    for (size_t before = 1; before != found;) {
        before = found;
        for (size_t i = 0; i < table->count; i++) {
            struct entry entry = table->entries[i];
            if (is_marked(table, entry.process) || !is_marked(table, entry.parent)) continue;
            mark(table, entry.process);
            found++;
            if (signal != 0) kill(entry.process, signal);
            if (usage) add_usage(folder, entry.process, usage);
        }
        if (found == 0) break;
    }
    if (usage && usage->resident > bound) {
        for (size_t i = 0; i < table->count; i++) {
            pid_t process = table->entries[i].process;
            if (process != getpid() && is_marked(table, process)) usage->proportional += proportional(folder, process);
        }
    }
    munmap(table, sizeof *table);
    return found;
}

long penstock_last_process(int folder) {
    char text[128];
    const char *last = strrchr(read_text(folder, "loadavg", text, sizeof text), ' ');
    return last ? number(last + 1) : 0;
}

#endif
