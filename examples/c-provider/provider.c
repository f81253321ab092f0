// A Penstock provider in one C file: bars from CSV files, pulled (fetch) and pushed (start, with credits).
//
// Each file is CODE.csv in the folder of the option `path`: `seconds,open,high,low,close,volume`, the end of the bar in
// seconds since the Unix epoch; a header is passed over. Protocol: docs/plugin-protocol.md, frames in the binary form.

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// ---- Memory and text

static void *grown(void *memory, size_t size) {
    void *more = realloc(memory, size ? size : 1);
    if (!more) { fputs("out of memory\n", stderr); exit(3); }
    return more;
}

typedef struct { char *bytes; size_t length, room; } Text;

static void append(Text *text, const void *bytes, size_t length) {
    if (text->length + length > text->room) {
        text->room = (text->length + length) * 2;
        text->bytes = grown(text->bytes, text->room);
    }
    if (length) memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
}

static void add(Text *text, const char *format, ...) {
    char part[1024];
    va_list values;
    va_start(values, format);
    int length = vsnprintf(part, sizeof part, format, values);
    va_end(values);
    if (length > 0) append(text, part, (size_t)length < sizeof part ? (size_t)length : sizeof part - 1);
}

// Appends a JSON string; what is no ASCII text is replaced, at most 200 bytes.
static void add_string(Text *text, const char *from) {
    add(text, "\"");
    for (size_t index = 0; from[index] && index < 200; index++) {
        unsigned char byte = (unsigned char)from[index];
        if (byte == '"' || byte == '\\') add(text, "\\%c", byte);
        else if (byte < 0x20 || byte >= 0x7F) add(text, "?");
        else append(text, &byte, 1);
    }
    add(text, "\"");
}

// ---- JSON: a line becomes a table of nodes; enough for what a host sends to a provider

typedef struct { char kind; const char *start, *end; int key, next, child; } Node; // kind: o a s n l (literal)
typedef struct { Node *nodes; int count, room; const char *at, *end; } Json;

static int parse(Json *json, int depth);

static void blanks(Json *json) {
    while (json->at < json->end && strchr(" \t\r\n", *json->at)) json->at++;
}

static int node(Json *json, char kind) {
    if (json->count == json->room) json->nodes = grown(json->nodes, (size_t)(json->room = json->room * 2 + 64) * sizeof(Node));
    json->nodes[json->count] = (Node){kind, json->at, json->at, -1, -1, -1};
    return json->count++;
}

static int parse_string(Json *json) {
    int made = node(json, 's');
    for (json->at++; json->at < json->end && *json->at != '"'; json->at++) if (*json->at == '\\') json->at++;
    if (json->at >= json->end) return -1;
    json->nodes[made].start++;
    json->nodes[made].end = json->at++;
    return made;
}

static int parse_items(Json *json, int depth) {
    char close = *json->at == '{' ? '}' : ']';
    int made = node(json, close == '}' ? 'o' : 'a'), last = -1;
    json->at++;
    for (blanks(json); json->at < json->end && *json->at != close; blanks(json)) {
        int key = -1;
        if (close == '}') {
            if (*json->at != '"' || (key = parse_string(json)) < 0) return -1;
            blanks(json);
            if (json->at >= json->end || *json->at++ != ':') return -1;
        }
        int item = parse(json, depth + 1);
        if (item < 0) return -1;
        json->nodes[item].key = key;
        if (last < 0) json->nodes[made].child = item; else json->nodes[last].next = item;
        last = item;
        blanks(json);
        if (json->at < json->end && *json->at == ',') json->at++;
    }
    return json->at++ < json->end ? made : -1;
}

static int parse(Json *json, int depth) {
    blanks(json);
    if (json->at >= json->end || depth > 32) return -1;
    if (*json->at == '{' || *json->at == '[') return parse_items(json, depth);
    if (*json->at == '"') return parse_string(json);
    int made = node(json, strchr("-0123456789", *json->at) ? 'n' : 'l');
    while (json->at < json->end && !strchr(",]} \t\r\n", *json->at)) json->at++;
    json->nodes[made].end = json->at;
    return json->at > json->nodes[made].start ? made : -1;
}

static int member(const Json *json, int object, const char *name) {
    if (object < 0 || json->nodes[object].kind != 'o') return -1;
    for (int item = json->nodes[object].child; item >= 0; item = json->nodes[item].next) {
        const Node *key = &json->nodes[json->nodes[item].key];
        if ((size_t)(key->end - key->start) == strlen(name) && !memcmp(key->start, name, strlen(name))) return item;
    }
    return -1;
}

static int64_t integer(const Json *json, int object, const char *name, int64_t otherwise) {
    int item = member(json, object, name);
    return item >= 0 && json->nodes[item].kind == 'n' ? strtoll(json->nodes[item].start, NULL, 10) : otherwise;
}

// Copies a text with its simple escapes undone; `false` where there is none or it does not fit.
static int string(const Json *json, int object, const char *name, char *into, size_t room) {
    int item = member(json, object, name);
    if (item < 0 || json->nodes[item].kind != 's') return 0;
    size_t length = 0;
    for (const char *at = json->nodes[item].start; at < json->nodes[item].end; at++) {
        if (*at == '\\' && *++at == 'u') return 0;
        if (length + 1 >= room) return 0;
        into[length++] = *at;
    }
    into[length] = 0;
    return 1;
}

// ---- Bars

typedef struct { int64_t time; double numbers[5]; uint32_t instrument; } Row;
typedef struct { Row *rows; size_t count, room; Text defects; } Bars;

static void drop(Bars *bars) { free(bars->rows); free(bars->defects.bytes); *bars = (Bars){0}; }

static void defect(Bars *bars, const char *place, int line, const char *raw) {
    if (bars->defects.length > 1 << 20) return;
    add(&bars->defects, "%s{\"place\":\"%s.csv:%d\",\"reason\":\"unreadable_row\",\"message\":", bars->defects.length ? "," : "", place, line);
    add_string(&bars->defects, "it is not seconds,open,high,low,close,volume.");
    add(&bars->defects, ",\"raw\":");
    add_string(&bars->defects, raw);
    add(&bars->defects, "}");
}

static int read_row(char *line, uint32_t instrument, Row *row) {
    char *at = line, *end;
    errno = 0;
    int64_t seconds = strtoll(at, &end, 10);
    if (end == at || errno || seconds > INT64_MAX / 1000000000 || seconds < INT64_MIN / 1000000000) return 0;
    *row = (Row){seconds * 1000000000, {0}, instrument};
    for (int field = 0; field < 5; field++) {
        if (*end != ',') return 0;
        at = end + 1;
        row->numbers[field] = strtod(at, &end);
        if (end == at || !isfinite(row->numbers[field])) return 0;
    }
    return *end == 0;
}

typedef struct { const char *code; char message[512]; } Fault;

static int fail(Fault *fault, const char *code, const char *format, ...) {
    va_list values;
    va_start(values, format);
    fault->code = code;
    vsnprintf(fault->message, sizeof fault->message, format, values);
    va_end(values);
    return 0;
}

static char folder[4096];
static int64_t batch_size = 256;

static int read_file(const char *code, uint32_t instrument, Bars *bars, Fault *fault) {
    char path[4500];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s.csv", folder, code);
    if (strchr(code, '/') || code[0] == '.') return fail(fault, "not_found", "'%.40s' is no name of a file.", code);
    FILE *file = fopen(path, "r");
    if (!file && stat(folder, &status)) return fail(fault, "environment", "the folder of 'path' is not there. Correct 'path'.");
    if (!file) return fail(fault, "not_found", "there is no '%.40s.csv' in the folder of 'path'.", code);
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    for (int number = 1; (length = getline(&line, &room, file)) >= 0; number++) {
        while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r')) line[--length] = 0;
        if (length == 0 || (number == 1 && !strncmp(line, "seconds,", 8))) continue;
        Row row;
        if ((size_t)length != strlen(line) || !read_row(line, instrument, &row)) { defect(bars, code, number, line); continue; }
        if (bars->count == bars->room) bars->rows = grown(bars->rows, (bars->room = bars->room * 2 + 256) * sizeof(Row));
        bars->rows[bars->count++] = row;
    }
    free(line);
    fclose(file);
    return 1;
}

static int read_instruments(const Json *json, int root, Bars *bars, Fault *fault) {
    int list = member(json, root, "instruments");
    for (int item = list < 0 ? -1 : json->nodes[list].child; item >= 0; item = json->nodes[item].next) {
        char code[64];
        if (!string(json, item, "code", code, sizeof code)) return fail(fault, "bad_request", "an instrument has no 'code'.");
        if (!read_file(code, (uint32_t)integer(json, item, "id", 0), bars, fault)) return 0;
    }
    return 1;
}

static int by_time(const void *left, const void *right) {
    const Row *a = left, *b = right;
    if (a->time != b->time) return a->time < b->time ? -1 : 1;
    return a->instrument < b->instrument ? -1 : a->instrument > b->instrument;
}

// ---- Messages out

static void put(Text *text, uint64_t value, int bytes) {
    for (int index = 0; index < bytes; index++) { unsigned char byte = (unsigned char)(value >> (8 * index)); append(text, &byte, 1); }
}

static void put_number(Text *text, double value) { uint64_t bits; memcpy(&bits, &value, 8); put(text, bits, 8); }

// A frame of bars: header, then nine columns, each filled up to a multiple of 8 bytes.
static void put_bars(Text *text, uint64_t id, const Row *rows, size_t count) {
    size_t narrow = (count * 4 + 7) / 8 * 8;
    append(text, "\xF5PS1", 4);
    put(text, 1, 2); put(text, 9, 2); put(text, id, 8); put(text, count, 4); put(text, 0, 4); put(text, count * 56 + narrow * 2, 8);
    for (size_t row = 0; row < count; row++) put(text, (uint64_t)rows[row].time, 8);
    for (int field = 0; field < 5; field++) for (size_t row = 0; row < count; row++) put_number(text, rows[row].numbers[field]);
    for (size_t row = 0; row < count; row++) put_number(text, NAN);
    for (size_t row = 0; row < count; row++) put(text, rows[row].instrument, 4);
    put(text, 0, (int)(narrow - count * 4));
    for (size_t byte = 0; byte < narrow; byte++) put(text, 0, 1);
}

static void send_text(Text *text) {
    for (size_t sent = 0; sent < text->length;) {
        ssize_t count = write(1, text->bytes + sent, text->length - sent);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) exit(1);
        sent += (size_t)count;
    }
    text->length = 0;
}

static Text out;

static void send_fault(uint64_t id, const Fault *fault) {
    add(&out, "{\"type\":\"error\",\"id\":%" PRIu64 ",\"code\":\"%s\",\"message\":", id, fault->code);
    add_string(&out, fault->message);
    add(&out, "}\n");
    send_text(&out);
}

static void send_result(uint64_t id, const char *members) {
    add(&out, "{\"type\":\"result\",\"id\":%" PRIu64 "%s%s}\n", id, *members ? "," : "", members);
    send_text(&out);
}

// ---- Streams

typedef struct { uint64_t id; Bars bars; size_t at; int64_t credits, sequence; int is_open; } Stream;
static Stream streams[16];

static Stream *find(uint64_t id) {
    for (size_t index = 0; index < 16; index++) if (streams[index].is_open && streams[index].id == id) return &streams[index];
    return NULL;
}

static void close_stream(Stream *stream) { drop(&stream->bars); stream->is_open = 0; }

static void push(Stream *stream) {
    Bars *bars = &stream->bars;
    size_t count = bars->count - stream->at < (size_t)batch_size ? bars->count - stream->at : (size_t)batch_size;
    if (count == 0) { send_result(stream->id, ""); close_stream(stream); return; }
    stream->credits--;
    add(&out, "{\"type\":\"batch\",\"id\":%" PRIu64 ",\"sequence\":%" PRId64 ",\"position\":\"rows:%zu\",\"frames\":1,\"defects\":[", stream->id, ++stream->sequence, stream->at + count);
    append(&out, bars->defects.bytes, bars->defects.length);
    bars->defects.length = 0;
    add(&out, "]}\n");
    put_bars(&out, stream->id, bars->rows + stream->at, count);
    stream->at += count;
    send_text(&out);
}

// Pushes one batch where a stream has a credit, or ends one that has no more; `false` where none can go on.
static int push_any(void) {
    for (size_t index = 0; index < 16; index++) {
        Stream *stream = &streams[index];
        if (stream->is_open && (stream->credits > 0 || stream->at == stream->bars.count)) { push(stream); return 1; }
    }
    return 0;
}

static int is_kind(const Json *json, int root, Fault *fault) {
    char kind[32] = "", timeframe[16] = "";
    string(json, root, "kind", kind, sizeof kind);
    string(json, root, "timeframe", timeframe, sizeof timeframe);
    if (strcmp(kind, "bar")) return fail(fault, "unsupported", "it gives bars, not '%.20s'.", kind);
    if (strcmp(timeframe, "1d")) return fail(fault, "unsupported", "its files hold daily bars, not '%.10s'.", timeframe);
    return 1;
}

static int start(const Json *json, int root, uint64_t id, Fault *fault) {
    Stream *stream = NULL;
    for (size_t index = 0; index < 16 && !stream; index++) if (!streams[index].is_open) stream = &streams[index];
    if (!stream) return fail(fault, "bad_request", "it pushes 16 streams at once, not more.");
    *stream = (Stream){.id = id, .credits = integer(json, root, "credits", 0)};
    char position[64];
    if (!is_kind(json, root, fault)) return 0;
    if (!read_instruments(json, root, &stream->bars, fault)) { drop(&stream->bars); return 0; }
    if (stream->bars.count) qsort(stream->bars.rows, stream->bars.count, sizeof(Row), by_time);
    int resume = member(json, root, "resume_after");
    if (resume >= 0 && json->nodes[resume].kind == 's') {
        char *end = position;
        int is_text = string(json, root, "resume_after", position, sizeof position) && !strncmp(position, "rows:", 5);
        unsigned long long rows = is_text ? strtoull(position + 5, &end, 10) : 0;
        if (!is_text || end == position + 5 || *end || rows > stream->bars.count) {
            drop(&stream->bars);
            return fail(fault, "bad_request", "the position is not one of this provider. Start from the beginning.");
        }
        stream->at = (size_t)rows;
    }
    stream->is_open = 1;
    return 1;
}

static int fetch(const Json *json, int root, uint64_t id, Fault *fault) {
    Bars bars = {0};
    if (!is_kind(json, root, fault)) return 0;
    if (!read_instruments(json, root, &bars, fault)) { drop(&bars); return 0; }
    int64_t from = integer(json, root, "from", INT64_MIN), to = integer(json, root, "to", INT64_MAX);
    size_t kept = 0;
    for (size_t row = 0; row < bars.count; row++) if (bars.rows[row].time >= from && bars.rows[row].time <= to) bars.rows[kept++] = bars.rows[row];
    add(&out, "{\"type\":\"result\",\"id\":%" PRIu64 ",\"frames\":1,\"defects\":[", id);
    append(&out, bars.defects.bytes, bars.defects.length);
    add(&out, "]}\n");
    put_bars(&out, id, bars.rows, kept);
    send_text(&out);
    drop(&bars);
    return 1;
}

// ---- Requests

static const char descriptor[] =
    "\"descriptor\":{\"kind\":\"provider\",\"name\":\"c_history\",\"version\":\"1.0.0\",\"stability\":\"experimental\","
    "\"summary\":\"Reads daily bars from CSV files, in C.\",\"options\":["
    "{\"name\":\"path\",\"type\":\"path\",\"required\":true,\"summary\":\"Folder of the files.\"},"
    "{\"name\":\"batch\",\"type\":\"integer\",\"minimum\":1,\"maximum\":4096,\"default\":256,\"unit\":\"bars\",\"summary\":\"Bars pushed at once.\"}],"
    "\"provider\":{\"fetches\":[\"bar\"],\"streams\":[\"bar\"],\"is_replay\":true,\"needs_network\":false}}";

static int configure(const Json *json, int root, Fault *fault) {
    char path[2048], base[2040];
    int options = member(json, root, "options"), batch = member(json, options, "batch");
    if (!string(json, options, "path", path, sizeof path)) return fail(fault, "configuration", "'path' is missing or no text. Set it.");
    if (batch >= 0 && json->nodes[batch].kind != 'n') return fail(fault, "configuration", "'batch' is no number; allowed 1...4096.");
    batch_size = integer(json, options, "batch", 256);
    if (batch_size < 1 || batch_size > 4096) return fail(fault, "configuration", "'batch' is %" PRId64 "; allowed 1...4096.", batch_size);
    if (!string(json, root, "base_directory", base, sizeof base)) strcpy(base, ".");
    if (path[0] == '/') snprintf(folder, sizeof folder, "%s", path); else snprintf(folder, sizeof folder, "%s/%s", base, path);
    return 1;
}

// Handles a request; `false` ends the program.
static int handle(const Json *json, int root) {
    char type[32] = "";
    Fault fault = {0};
    struct stat status;
    uint64_t id = (uint64_t)integer(json, root, "id", 0);
    string(json, root, "type", type, sizeof type);
    Stream *stream = find(id);
    int is_good = 1;
    if (!strcmp(type, "stop")) return 0;
    else if (!strcmp(type, "hello")) {
        int versions = member(json, root, "versions"), is_known = 0;
        for (int item = versions < 0 ? -1 : json->nodes[versions].child; item >= 0; item = json->nodes[item].next) is_known |= strtoll(json->nodes[item].start, NULL, 10) == 2;
        if (!is_known) { fail(&fault, "unsupported", "it speaks penstock-stdio 2."); send_fault(id, &fault); return 0; }
        add(&out, "{\"type\":\"hello\",\"id\":%" PRIu64 ",\"version\":2,\"frames_form\":\"binary\"}\n", id);
        send_text(&out);
    } else if (!strcmp(type, "describe")) send_result(id, descriptor);
    else if (!strcmp(type, "validate")) send_result(id, "\"faults\":[]");
    else if (!strcmp(type, "configure")) { if ((is_good = configure(json, root, &fault))) send_result(id, ""); }
    else if (!strcmp(type, "probe")) {
        if (stat(folder, &status)) is_good = fail(&fault, "environment", "the folder of 'path' is not there. Correct 'path'.");
        else send_result(id, "");
    } else if (!strcmp(type, "ping")) send_result(id, "");
    else if (!strcmp(type, "fetch")) is_good = fetch(json, root, id, &fault);
    else if (!strcmp(type, "start")) is_good = start(json, root, id, &fault);
    else if (!strcmp(type, "credit")) { if (stream) stream->credits += integer(json, root, "credits", 1); }
    else if (!strcmp(type, "cancel")) {
        if (stream) { close_stream(stream); is_good = fail(&fault, "cancelled", "the stream was cancelled."); }
    } else if (strcmp(type, "acknowledge")) is_good = fail(&fault, "unsupported", "the request '%.30s' is not known.", type);
    if (!is_good && id) send_fault(id, &fault);
    return 1;
}

// ---- Messages in

static Text in;
static size_t head;

// Reads more bytes; `false` at the end.
static int fill(void) {
    char chunk[65536];
    ssize_t count;
    do count = read(0, chunk, sizeof chunk); while (count < 0 && errno == EINTR);
    if (count <= 0) return 0;
    if (head > 0) { memmove(in.bytes, in.bytes + head, in.length - head); in.length -= head; head = 0; }
    append(&in, chunk, (size_t)count);
    return 1;
}

// Passes over the frames of a request that has some: a provider's have none.
static int skip_frames(int64_t count) {
    for (; count > 0; count--) {
        while (in.length - head < 32) if (!fill()) return 0;
        uint64_t payload;
        memcpy(&payload, in.bytes + head + 24, 8);
        if (payload > 64u << 20) return 0;
        while (in.length - head < 32 + payload) if (!fill()) return 0;
        head += 32 + payload;
    }
    return 1;
}

int main(void) {
    Json json = {0};
    for (;;) {
        char *end = in.length > head ? memchr(in.bytes + head, '\n', in.length - head) : NULL;
        if (!end) {
            // A stream goes on while the host has nothing to say.
            struct pollfd input = {.fd = 0, .events = POLLIN};
            if (poll(&input, 1, 0) == 0 && push_any()) continue;
            if (in.length - head > 4u << 20 || !fill()) return 0;
            continue;
        }
        json.count = 0;
        json.at = in.bytes + head;
        json.end = end;
        int root = parse(&json, 0);
        if (root < 0) { fputs("a line is no JSON\n", stderr); return 2; }
        int64_t frames = integer(&json, root, "frames", 0);
        int goes_on = handle(&json, root);
        head = (size_t)(end - in.bytes) + 1;
        if (!goes_on || !skip_frames(frames)) return 0;
    }
}
