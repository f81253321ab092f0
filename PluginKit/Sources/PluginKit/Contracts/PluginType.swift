/// How a plugin is kept apart from the host.
public enum PluginTier: String, Sendable, Hashable {
    /// Compiled into the host.
    case `static`
    /// A Swift library opened at run time.
    case dynamic
    /// A child process, in any language.
    case process
}

/// A plugin the host can make instances of, whatever its tier: descriptor, validation, construction.
///
/// ```swift
/// let plugins: [PluginType] = [.provider(Yahoo.self), .indicator(RSI.self)]
/// ```
public struct PluginType: Sendable {
    /// Makes an instance of the plugin's kind.
    public enum Maker: Sendable {
        /// Makes a provider.
        case provider(@Sendable (Configuration, PluginContext) throws(PluginError) -> any Provider)
        /// Makes an indicator; it needs no context.
        case indicator(@Sendable (Configuration) throws(PluginError) -> any Indicator)
        /// Makes a model.
        case model(@Sendable (Configuration, PluginContext) throws(PluginError) -> any Model)
        /// Makes a sink.
        case sink(@Sendable (Configuration, PluginContext) throws(PluginError) -> any Sink)
    }

    /// What the plugin is.
    public let descriptor: PluginDescriptor
    /// How it is kept apart from the host.
    public let tier: PluginTier
    /// Makes instances.
    public let maker: Maker
    /// The Swift type's name, for messages to developers.
    public let typeName: String
    private let columns: @Sendable (Configuration) -> [OutputColumn]
    private let check: @Sendable (Configuration) -> [ConfigurationFault]

    /// Creates a plugin type from its parts: how tiers other than static are adapted.
    public init(
        descriptor: PluginDescriptor, tier: PluginTier, typeName: String, maker: Maker,
        outputs: (@Sendable (Configuration) -> [OutputColumn])? = nil,
        validate: @escaping @Sendable (Configuration) -> [ConfigurationFault]
    ) {
        self.descriptor = descriptor
        self.tier = tier
        self.typeName = typeName
        self.maker = maker
        columns = outputs ?? { _ in descriptor.outputs }
        check = validate
    }

    /// A provider in Swift.
    public static func provider<Made: Provider>(_ type: Made.Type, tier: PluginTier = .static) -> PluginType {
        PluginType(
            descriptor: type.descriptor, tier: tier, typeName: String(reflecting: type),
            maker: .provider { (configuration, context) throws(PluginError) in
                try type.init(configuration, context: context)
            }, validate: { type.validate($0) })
    }

    /// An indicator in Swift.
    public static func indicator<Made: Indicator>(_ type: Made.Type, tier: PluginTier = .static) -> PluginType {
        PluginType(
            descriptor: type.descriptor.reading(type.inputKind), tier: tier, typeName: String(reflecting: type),
            maker: .indicator { (configuration) throws(PluginError) in try type.init(configuration) },
            outputs: { type.outputs($0) }, validate: { type.validate($0) })
    }

    /// A model in Swift.
    public static func model<Made: Model>(_ type: Made.Type, tier: PluginTier = .static) -> PluginType {
        PluginType(
            descriptor: type.descriptor, tier: tier, typeName: String(reflecting: type),
            maker: .model { (configuration, context) throws(PluginError) in
                try type.init(configuration, context: context)
            }, validate: { type.validate($0) })
    }

    /// A sink in Swift.
    public static func sink<Made: Sink>(_ type: Made.Type, tier: PluginTier = .static) -> PluginType {
        PluginType(
            descriptor: type.descriptor, tier: tier, typeName: String(reflecting: type),
            maker: .sink { (configuration, context) throws(PluginError) in
                try type.init(configuration, context: context)
            }, validate: { type.validate($0) })
    }

    /// Returns the columns that checked options give, in order; empty for providers and sinks.
    public func outputs(_ configuration: Configuration) -> [OutputColumn] { columns(configuration) }

    /// Returns the faults the plugin itself finds in checked options.
    public func validate(_ configuration: Configuration) -> [ConfigurationFault] { check(configuration) }
}
