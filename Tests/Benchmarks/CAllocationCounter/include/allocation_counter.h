#pragma once
#include <stdint.h>

/* Calls of malloc, calloc, realloc, memalign and their kin in this process so far. The target replaces glibc's symbols by
   ones that count and forward; only the benchmark executable links it. */
uint64_t allocation_count(void);
