#pragma once

// Gates: symbols that a plugin's library needs and only a kit of the same make defines. Where one is missing, opening
// the library fails before any of its code runs. They do nothing when called.

// Renamed with every incompatible change of the kit's public types; Tests/PluginKitTests holds what it stands for.
void pluginkit_abi_2(void);

// The Swift compiler's version. A kit defines the one it was compiled with.
void pluginkit_swift_6_3(void);
void pluginkit_swift_6_4(void);
void pluginkit_swift_6_5(void);
void pluginkit_swift_6_6(void);
