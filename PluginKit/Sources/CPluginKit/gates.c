#include "pluginkit_gates.h"

void pluginkit_abi_1(void) {}

void PLUGINKIT_COMPILER_GATE(void) {}
