import PluginKit

/// Checks what a library was built with against what the host has, before it is opened.
///
/// The same conditions make the system's loader refuse the library (the gates are symbols); reading them first gives a
/// message that says what to do.
struct LibraryGates {
    /// The file, as messages name it.
    let name: String

    /// Throws the first reason why the library does not fit this host.
    func check(_ image: ELFImage, entry: String) throws(PluginFault) {
        guard image.defines(entry) else { throw noEntry(image, entry) }
        if image.symbols.contains(where: { $0.isDefined && $0.name.hasPrefix("pluginkit_abi_") }) { throw duplicated }
        let abis = image.needed(prefix: "pluginkit_abi_")
        let compilers = image.needed(prefix: "pluginkit_swift_").map { $0.replacing("_", with: ".") }
        guard !abis.isEmpty, !compilers.isEmpty else {
            throw PluginFault(
                .wrongABI,
                "\(name): nothing in it says which PluginKit it was built with; allowed a library whose entry returns "
                    + "`exportPlugins(...)`. Write the entry so and build it again.")
        }
        if let abi = abis.first(where: { $0 != PluginGates.abi }) {
            throw PluginFault(
                .wrongABI,
                "\(name): it is built for PluginKit ABI \(PluginError.quoted(abi)); this host has "
                    + "'\(PluginGates.abi)'. Build the plugin with the host's PluginKit.")
        }
        if let compiler = compilers.first(where: { $0 != PluginGates.compiler }) {
            throw PluginFault(
                .wrongCompiler,
                "\(name): it is built with Swift \(PluginError.quoted(compiler)); this host is built with "
                    + "'\(PluginGates.compiler)'. Build the plugin with that compiler.")
        }
    }

    /// The kit's classes in the library are not the host's.
    var duplicated: PluginFault {
        PluginFault(
            .duplicatedKit,
            "\(name): the kit is duplicated in this plugin, so the host cannot see its types; allowed the shared "
                + "library libPluginKit.so. Depend on the product PluginKit of the package PluginKit, and link it "
                + "dynamically.")
    }

    private func noEntry(_ image: ELFImage, _ entry: String) -> PluginFault {
        let prefix = DynamicLoader.entryPrefix
        let found = image.symbols.filter { $0.isDefined && $0.name.hasPrefix(prefix) }.map {
            PluginError.quoted($0.name)
        }
        let others = found.isEmpty ? "" : " (it has \(found.prefix(3).joined(separator: ", ")))"
        return PluginFault(
            .noEntry,
            "\(name): it has no entry '\(entry)'\(others); the entry is named after the library. Export "
                + "`@c(\(entry)) public func entry() -> UnsafeMutableRawPointer`.")
    }
}
