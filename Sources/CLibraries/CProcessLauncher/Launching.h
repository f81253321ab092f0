#ifndef LAUNCHING_H
#define LAUNCHING_H

#include "CProcessLauncher.h"

/// Refuses what one process could do to others, and sockets beyond what was granted. Runs between vfork and exec.
///
/// With `keeps_signals_in` the kernel's file rules already keep signals inside the plugin: then it may signal its children.
int penstock_filter_calls(int allows_network, int keeps_signals_in);

/// Gives up root's powers but those over files; does nothing for an ordinary user. Runs between vfork and exec.
void penstock_drop_powers(void);

/// Builds the file rules; returns -1 where the kernel has no Landlock, and its version in `version`.
int penstock_make_ruleset(const penstock_launch *launch, int *version);

/// Sets the rules for this process, with its own entry in /proc.
int penstock_restrict(int ruleset);

/// Starts the program in a child of the calling process; returns its number or -1.
pid_t penstock_become(const penstock_launch *launch, volatile penstock_launched *launched, int ruleset, const int *streams);

#endif
