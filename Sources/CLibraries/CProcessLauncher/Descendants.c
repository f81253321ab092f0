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

static pid_t parent_of(int folder, const char *name) {
    char path[32], text[512];
    size_t length = strlen(name);
    if (length > 16) return 0;
    memcpy(path, name, length);
    memcpy(path + length, "/stat", 6);
    // "number (name) state parent": the name may hold anything, brackets too.
    const char *end = strrchr(read_text(folder, path, text, sizeof text), ')');
    return end && strlen(end) > 4 ? number(end + 4) : 0;
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

size_t penstock_descendants(int folder, int signal) {
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
        }
        if (found == 0) break;
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
