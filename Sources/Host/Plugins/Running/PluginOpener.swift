import HostProcess
import PluginKit
import Synchronization

/// Opens one plugin when it is first asked to do something; until then its file is all there is of it.
final class PluginOpener: Sendable {
    /// What the file says it is.
    let descriptor: PluginDescriptor
    private let tier: PluginTier
    private let content: String
    private let place: String
    private let open: @Sendable () throws(PluginFault) -> PluginType
    /// One caller at a time opens it; others wait for that.
    private let opened = Exclusive<PluginType?>(nil)
    /// The same once it is opened, for those who do not wait.
    private let known = Mutex<PluginType?>(nil)

    /// Creates an opener.
    ///
    /// - Parameters:
    ///   - descriptor: what the file says.
    ///   - tier: how the plugin is kept apart.
    ///   - content: what was accepted, as a digest; another content is another plugin to a reload.
    ///   - place: the file, for messages: `plugin.yaml`.
    ///   - open: checks the lock, opens the plugin and returns what it says of itself.
    init(
        _ descriptor: PluginDescriptor, tier: PluginTier, content: String, place: String,
        open: @escaping @Sendable () throws(PluginFault) -> PluginType
    ) {
        self.descriptor = descriptor
        self.tier = tier
        self.content = content
        self.place = place
        self.open = open
    }

    /// The plugin for the catalogue.
    ///
    /// - Parameter runsCode: whether it is opened to validate options; else options are checked by the schema alone.
    func type(runsCode: Bool) -> PluginType {
        let maker: PluginType.Maker =
            switch descriptor.kind {
            case .provider:
                .provider { (options, context) throws(PluginError) in
                    guard case .provider(let make) = try self.get().maker else { throw self.otherKind }
                    return try make(options, context)
                }
            case .indicator:
                .indicator { (options) throws(PluginError) in
                    guard case .indicator(let make) = try self.get().maker else { throw self.otherKind }
                    return try make(options)
                }
            case .model:
                .model { (options, context) throws(PluginError) in
                    guard case .model(let make) = try self.get().maker else { throw self.otherKind }
                    return try make(options, context)
                }
            case .sink:
                .sink { (options, context) throws(PluginError) in
                    guard case .sink(let make) = try self.get().maker else { throw self.otherKind }
                    return try make(options, context)
                }
            }
        return PluginType(
            descriptor: descriptor, tier: tier, typeName: "\(descriptor.id) \(content)", maker: maker,
            outputs: { options in
                // Those of an opened plugin; it is not waited for where the host may start without it.
                self.known.withLock { $0 }?.outputs(options) ?? self.descriptor.outputs
            },
            validate: { options in runsCode ? self.validate(options) : [] })
    }

    /// Returns the opened plugin; throws where it is not what was accepted or not what its file says.
    func get() throws(PluginError) -> PluginType {
        try opened.use { (held) throws(PluginError) -> PluginType in
            if let held { return held }
            do throws(PluginFault) {
                let type = try open()
                try check(type.descriptor)
                held = type
                known.withLock { $0 = type }
                return type
            } catch {
                throw PluginError(error.meaning, error.message, cause: error)
            }
        }
    }

    private func validate(_ options: Configuration) -> [ConfigurationFault] {
        do throws(PluginError) {
            return try get().validate(options)
        } catch {
            return [ConfigurationFault(option: "plugin", error.message)]
        }
    }

    private func check(_ own: PluginDescriptor) throws(PluginFault) {
        guard let difference = DescriptorDifference.first(file: descriptor, plugin: own) else { return }
        let remedy =
            place == PluginLock.fileName
            ? "Run `penstock plugins lock`."
            : "Run `penstock plugins describe FOLDER`, then `penstock plugins lock`."
        throw PluginFault(
            .manifest, "\(descriptor.id): \(place) does not say what the plugin does: \(difference). \(remedy)")
    }

    private var otherKind: PluginError {
        PluginError(.configuration, "\(descriptor.id): the opened plugin is of another kind than \(place) says.")
    }
}

extension PluginFault {
    /// What an instance that needs the plugin says of it: whether the program, the machine or what was written is at fault.
    fileprivate var meaning: PluginError.Code {
        switch code {
        case .noAnswer: .transient
        case .file, .unloadable, .command, .wrongArchitecture: .environment
        default: .configuration
        }
    }
}
