/// What every provider, model and sink has: a descriptor, a checked construction, a probe and a stop.
///
/// Order of calls: `descriptor` -> `validate` -> `init` -> `probe` -> use -> `stop`. `validate` is pure. `init` may do
/// I/O and starts no task. `probe` asks whether the outside is there. `stop` is bounded, idempotent and safe when the
/// instance was never used. Several instances run side by side: no static mutable state.
public protocol Plugin: Sendable {
    /// What the plugin is; pure data.
    static var descriptor: PluginDescriptor { get }

    /// Returns every fault that the schema alone cannot find (options that exclude each other, `fast >= slow`).
    ///
    /// No I/O, no task. A fault names its option and says what is allowed.
    static func validate(_ configuration: Configuration) -> [ConfigurationFault]

    /// Builds an instance from options that passed `validate`.
    init(_ configuration: Configuration, context: PluginContext) throws(PluginError)

    /// Throws where the outside (server, file, library, credentials) is not usable now.
    func probe() async throws(PluginError)

    /// Ends the instance and gives back what it holds; returns within seconds, can be called again.
    func stop() async
}

extension Plugin {
    /// Finds no further fault.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] { [] }
    /// Finds the outside usable.
    public func probe() async throws(PluginError) {}
    /// Has nothing to give back.
    public func stop() async {}
}

/// A fault in one option, found without I/O.
public struct ConfigurationFault: Sendable, Hashable {
    /// The option it is about.
    public let option: String
    /// What is wrong, what is allowed, what to do; no place, the host adds it.
    public let message: String
    /// Where in the option's text, as offsets of UTF-8 bytes; `nil` for all of it.
    public let range: Range<Int>?

    /// Creates a fault.
    public init(option: String, at range: Range<Int>? = nil, _ message: String) {
        self.option = option
        self.range = range
        self.message = message
    }
}

/// How much a log line matters.
public enum PluginLogLevel: String, Sendable {
    /// Step by step.
    case trace
    /// For who develops the plugin.
    case debug
    /// Something the plugin recovered from.
    case info
    /// Something that costs data or time, and that someone should look at.
    case warning
}

/// What the host lends to an instance; the only way from a plugin to the host.
public struct PluginContext: Sendable {
    /// Folder that relative paths of the configuration start from: where the manifest is.
    public let baseDirectory: String
    /// Folder for the instance's own state; exists.
    public let stateDirectory: String
    /// Names of instruments.
    public let instruments: any InstrumentDirectory
    /// Writes to the host's log: level, constant message, data.
    public let log: @Sendable (PluginLogLevel, String, [String: String]) -> Void
    /// Sends text to the subscribers of a channel (`/ws/enhanced`); `topic` is the instrument it is about, or `nil`.
    public let publish: @Sendable (_ channel: String, _ topic: String?, _ message: [UInt8]) -> Void

    /// Creates a context; tests pass closures of their own.
    public init(
        baseDirectory: String, stateDirectory: String, instruments: any InstrumentDirectory,
        log: @escaping @Sendable (PluginLogLevel, String, [String: String]) -> Void = { _, _, _ in },
        publish: @escaping @Sendable (String, String?, [UInt8]) -> Void = { _, _, _ in }
    ) {
        self.baseDirectory = baseDirectory
        self.stateDirectory = stateDirectory
        self.instruments = instruments
        self.log = log
        self.publish = publish
    }

    /// Returns a path of the configuration, made absolute from the manifest's folder.
    public func resolve(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(baseDirectory)/\(path)"
    }
}
