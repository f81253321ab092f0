import Dispatch
import PluginKit

/// What every part of one load shares: what was found wrong, and where values from outside come from.
final class ReadingContext {
    /// What was found wrong.
    let diagnosis: Diagnosis
    /// Replaces references in texts.
    let substitution: Substitution
    /// The plugins.
    private(set) var catalogue: PluginCatalogue
    /// Where plugins nobody compiled in are; the defaults until `host` was read.
    private(set) var settings: PluginSettings
    /// Whether a host is to run what is read.
    let isStarting: Bool
    private let finder: (any PluginFinder)?
    private var hasLooked = false
    /// How long programs that the host may start without are waited for, all of them together.
    private var patience = Duration.seconds(2)

    /// Creates a context for one load.
    init(
        diagnosis: Diagnosis, substitution: Substitution, catalogue: PluginCatalogue, finder: (any PluginFinder)?,
        settings: PluginSettings, isStarting: Bool = false
    ) {
        self.diagnosis = diagnosis
        self.substitution = substitution
        self.catalogue = catalogue
        self.finder = finder
        self.settings = settings
        self.isStarting = isStarting
    }

    /// Adds the plugins of the plugin folder to the catalogue, once; `new` are the settings of the manifest.
    func findPlugins(_ new: PluginSettings? = nil) {
        guard !hasLooked else { return }
        hasLooked = true
        settings = new ?? settings
        guard let found = finder?.plugins(settings), !found.isEmpty else { return }
        catalogue = PluginCatalogue(catalogue.plugins + found)
        diagnosis.secretNames = catalogue.secretNames
    }

    /// Returns the plugin of a program that an instance names itself.
    func plugin(_ program: InlineProgram, _ kind: PluginKind) throws(PluginError) -> PluginType {
        guard let finder else {
            throw PluginError(.unsupported, "\(program) cannot be opened here; allowed the name of a plugin.")
        }
        return try finder.plugin(program, kind: kind, settings)
    }

    /// Asks a program that the host may start without which columns an indicator gives; those of its description where it does
    /// not answer in time. What is wrong with the options is told when the instance is built.
    func columns(of plugin: PluginType, _ options: Configuration) -> [OutputColumn] {
        guard plugin.descriptor.kind == .indicator, patience > .zero else { return plugin.descriptor.outputs }
        let start = ContinuousClock.now
        let isAnswered = DispatchSemaphore(value: 0)
        // One that hangs is left behind; the deadlines of its calls end it.
        DispatchQueue.global().async {
            _ = plugin.validate(options)
            isAnswered.signal()
        }
        let milliseconds = patience.components.seconds * 1_000 + patience.components.attoseconds / 1_000_000_000_000_000
        _ = isAnswered.wait(timeout: .now() + .milliseconds(Int(milliseconds)))
        patience -= start.duration(to: .now)
        return plugin.outputs(options)
    }

    /// Returns an entry of a mapping whose keys are free, or reports a key that is no id.
    func isID(_ entry: YAMLMapping.Entry, of section: ManifestSection) -> Bool {
        let isID = Self.isID(entry.key)
        if !isID {
            diagnosis.fault(
                at: entry.keySpan,
                "\(section.rawValue): the id \(quoted(entry.key)) is not allowed; "
                    + "allowed a-z, 0-9 and _, a letter first, at most 64.",
                hint: Self.idHint(entry.key))
        }
        return isID
    }

    /// Whether a text is written like an id.
    static func isID(_ text: String) -> Bool {
        let bytes = text.utf8
        return (1...64).contains(bytes.count) && bytes.first.map { $0 >= 0x61 && $0 <= 0x7A } == true
            && bytes.allSatisfy { ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x5F }
    }

    private static func idHint(_ key: String) -> String {
        let folded = key.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? String($0) : "_" }.joined()
        guard let first = folded.first, first.isLetter, folded.utf8.count <= 64 else { return "Choose another id." }
        return "Write \(folded)."
    }
}
