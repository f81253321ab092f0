import Glibc
import PluginKit

/// Refuses a sink that writes where another one does, where a provider reads or where the host keeps its state.
///
/// Where a sink writes is its option `path`; other paths may be files that it reads.
struct PlaceCheck {
    /// The entries.
    let index: DraftIndex
    /// The manifest that was made of them.
    let manifest: Manifest

    private struct Place {
        let instance: InstanceDeclaration
        let location: String
        let span: SourceSpan
        let text: String
    }

    /// Reports a fault for each; a warning where a sink writes below what a provider reads.
    func run() {
        let needed = manifest.neededInstances
        let sinks = manifest.sinks.map(\.instance).filter { needed.contains($0.name) }.compactMap(place)
        let providers = manifest.providers.map(\.instance).filter { needed.contains($0.name) }.compactMap(place)
        for (position, sink) in sinks.enumerated() {
            compare(sink, with: sinks[..<position])
            for provider in providers { compare(sink, withData: provider) }
            guard sink.location == Self.real(manifest.location("\(manifest.host.state)/penstock.db")) else { continue }
            fault(sink, "the host's own database", "Choose another file.")
        }
    }

    private func place(_ instance: InstanceDeclaration) -> Place? {
        guard let setting = instance.setting["path"], let text = setting.text, case .path = setting.field.type else {
            return nil
        }
        return Place(
            instance: instance, location: Self.real(manifest.location(text)),
            span: setting.location ?? instance.location, text: text)
    }

    /// A path without links, as far as it is there.
    private static func real(_ path: String) -> String {
        var (front, rest) = (path, "")
        while !front.isEmpty {
            if let found = realpath(front, nil) {
                defer { free(found) }
                return String(cString: found) + rest
            }
            let name = front.split(separator: "/").last ?? ""
            rest = "/\(name)\(rest)"
            front = String(front.dropLast(name.count + 1))
        }
        return path.hasPrefix("/") ? path : "\(real("."))/\(path)"
    }

    private func compare(_ sink: Place, with others: ArraySlice<Place>) {
        let same = others.first {
            $0.location == sink.location && $0.instance.descriptor.id == sink.instance.descriptor.id
        }
        guard let same else { return }
        fault(
            sink, "where \(same.instance.name) writes",
            "Give each a place of its own, or remove one; a sink may be in several pipelines.")
    }

    private func compare(_ sink: Place, withData provider: Place) {
        if sink.location == provider.location {
            fault(
                sink, "what \(provider.instance.name) reads",
                "Choose another place, or what is written comes back as data.")
        } else if provider.location == "\(sink.location)/\(provider.location.split(separator: "/").last ?? "")",
            Self.dataFiles.contains(where: provider.location.lowercased().hasSuffix)
        {
            fault(
                sink, "the folder of a file that \(provider.instance.name) reads",
                "Choose another place, or a file of that name is set aside.")
        } else if isBelow(sink, provider), Self.dataFiles.contains(where: sink.location.lowercased().hasSuffix) {
            fault(
                sink, "a file among those that \(provider.instance.name) reads",
                "Choose another place, or data may be set aside and what is written comes back as data.")
        } else if isBelow(sink, provider) {
            index.diagnosis.warning(
                at: sink.span,
                "\(sink.instance.name): 'path' is \(PluginError.quoted(sink.text)), below what \(provider.instance.name) reads: "
                    + "its files may be taken for data, and each start finds the data changed.",
                hint: "Choose another place.")
        }
    }

    private func isBelow(_ sink: Place, _ provider: Place) -> Bool {
        sink.location.hasPrefix("\(provider.location)/")
    }

    /// Endings of files that may hold data.
    private static let dataFiles = [".csv", ".gz", ".zip"]

    private func fault(_ sink: Place, _ what: String, _ hint: String) {
        index.diagnosis.fault(
            at: sink.span, "\(sink.instance.name): 'path' is \(PluginError.quoted(sink.text)), \(what).", hint: hint)
    }
}
