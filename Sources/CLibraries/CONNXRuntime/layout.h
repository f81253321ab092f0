#ifndef PENSTOCK_CONNXRUNTIME_LAYOUT_H
#define PENSTOCK_CONNXRUNTIME_LAYOUT_H

// How ONNX Runtime lays out the table of its functions, versions 1.14 and later: it is only ever added to at its end. The library itself
// is opened at run time, so nothing needs its header. What is not called here is only counted.

#include <stddef.h>
#include <stdint.h>

// Every call that can fail returns a status, which is null where it did not.
typedef void *ort_status;

struct ort_api {
    void *create_status;
    int (*error_code)(const void *status);
    const char *(*error_message)(const void *status);
    ort_status (*create_env)(int log_level, const char *log_name, void **env);
    void *unused_4[4];
    ort_status (*create_session_from_array)(
        const void *env, const void *bytes, size_t count, const void *options, void **session);
    ort_status (*run)(
        void *session, const void *run_options, const char *const *input_names, const void *const *inputs,
        size_t input_count, const char *const *output_names, size_t output_count, void **outputs);
    ort_status (*create_session_options)(void **options);
    void *unused_11[13];
    ort_status (*set_intra_op_threads)(void *options, int count);
    ort_status (*set_inter_op_threads)(void *options, int count);
    void *unused_26[4];
    ort_status (*input_count)(const void *session, size_t *count);
    ort_status (*output_count)(const void *session, size_t *count);
    void *unused_32;
    ort_status (*input_type)(const void *session, size_t index, void **type);
    ort_status (*output_type)(const void *session, size_t index, void **type);
    void *unused_35;
    ort_status (*input_name)(const void *session, size_t index, void *allocator, char **name);
    ort_status (*output_name)(const void *session, size_t index, void *allocator, char **name);
    void *unused_38[11];
    ort_status (*create_tensor)(
        const void *memory, void *data, size_t bytes, const int64_t *shape, size_t rank, int type, void **value);
    void *unused_50;
    ort_status (*tensor_data)(void *value, void **data);
    void *unused_52[3];
    ort_status (*cast_to_tensor)(const void *type, const void **tensor);
    void *unused_56[4];
    ort_status (*element_type)(const void *tensor, int *type);
    ort_status (*rank)(const void *tensor, size_t *rank);
    ort_status (*dimensions)(const void *tensor, int64_t *dimensions, size_t rank);
    void *unused_63;
    ort_status (*element_count)(const void *tensor, size_t *count);
    ort_status (*value_shape)(const void *value, void **tensor);
    void *unused_66[3];
    ort_status (*create_cpu_memory)(int allocator, int type, void **memory);
    void *unused_70[6];
    ort_status (*allocator_free)(void *allocator, void *pointer);
    void *unused_77;
    ort_status (*default_allocator)(void **allocator);
    void *unused_79[13];
    void (*release_env)(void *env);
    void (*release_status)(void *status);
    void (*release_memory)(void *memory);
    void (*release_session)(void *session);
    void (*release_value)(void *value);
    void *unused_97;
    void (*release_type)(void *type);
    void (*release_shape)(void *tensor);
    void (*release_session_options)(void *options);
};

struct ort_api_base {
    const struct ort_api *(*api)(uint32_t version);
    const char *(*version)(void);
};

#endif
