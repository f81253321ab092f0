#ifndef PENSTOCK_CLIBRDKAFKA_LAYOUT_H
#define PENSTOCK_CLIBRDKAFKA_LAYOUT_H

// How librdkafka lays out what its functions take and give, versions 1.6 to 2.x, whose header promises it for all 1.x and 2.x. The
// library itself is opened at run time, so nothing needs its header.

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// One argument of rd_kafka_produceva.
struct rd_kafka_argument {
    int type;
    union {
        const char *text;
        int number;
        int64_t long_number;
        void *pointer;
        struct {
            const void *bytes;
            size_t count;
        } memory;
        struct {
            const char *name;
            const void *bytes;
            ssize_t count;
        } header;
        char padding[64];
    } value;
};

struct rd_kafka_message {
    int error;
    void *topic;
    int32_t partition;
    const void *payload;
    size_t count;
    const void *key;
    size_t key_count;
    int64_t offset;
    void *private_data;
};


struct rd_kafka_place {
    char *topic;
    int32_t partition;
    int64_t offset;
    void *metadata;
    size_t metadata_count;
    void *opaque;
    int error;
    void *own;
};

struct rd_kafka_places {
    int count;
    int room;
    struct rd_kafka_place *elements;
};

#endif
