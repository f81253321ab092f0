import Builtin
import Glibc
import PluginKit
import PluginProcess

/// Serves the shipped plugin named by the first argument, as `kind/name`, in a process of its own.
let name = CommandLine.arguments.dropFirst().first ?? ""
guard let plugin = Builtin.plugins.first(where: { $0.descriptor.id == name }) else {
    print("builtin-process: no plugin '\(name)'; allowed kind/name of one that ships.")
    exit(2)
}
runPlugin(plugin)
