#include "pluginkit_gates.h"

void pluginkit_abi_2(void) {}

void PLUGINKIT_COMPILER_GATE(void) {}
