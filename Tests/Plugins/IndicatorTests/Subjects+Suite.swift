import PluginKit
import PluginKitTesting

// The contract's suite on an indicator that is known by its plugin, whatever kind of event it reads.
extension Subjects {
    /// Runs every check of the suite on a recording, over more events where the warm-up needs them.
    static func findings(
        _ plugin: PluginType, _ configuration: Configuration, _ recording: Recording
    ) async throws -> [ConformanceFinding] {
        func read<Event: TestedEvent>(_ type: Event.Type) async throws -> [ConformanceFinding] {
            let all = try await recording.events(Event.self)
            func run<I: Indicator<Event>>(_ sample: I) throws -> [ConformanceFinding] {
                let needed = min(all.count, 3 * sample.warmUpLength)
                let events = needed <= 170 ? all[1_000..<1_170] : all[..<needed]
                return suite(sample, plugin, configuration, Array(events)).findings()
            }
            return try run(try make(plugin, configuration, Event.self))
        }
        return try await read(plugin.descriptor.reads.tested)
    }

    /// Returns the fields of an event in which an indicator with its defaults refuses NaN, and the names of all fields.
    static func fieldsRead(
        by plugin: PluginType, _ recording: Recording
    ) async throws -> (refused: [String], all: [String]) {
        let configuration = try configuration(plugin.descriptor.name)
        func read<Event: TestedEvent>(_ type: Event.Type) async throws -> (refused: [String], all: [String]) {
            let events = Array(try await recording.events(Event.self).prefix(1))
            func run<I: Indicator<Event>>(_ sample: I) throws -> [String] {
                let suite = suite(sample, plugin, configuration, events)
                return try Event.fields.filter { try suite.refuses($0.path) }.map(\.name)
            }
            return (try run(try make(plugin, configuration, Event.self)), Event.fields.map(\.name))
        }
        return try await read(plugin.descriptor.reads.tested)
    }

    /// Feeds a recording to a fresh indicator; returns one array an event.
    static func rows(_ name: String, _ options: String, _ recording: Recording) async throws -> [[Double]] {
        let plugin = try plugin(name)
        func read<Event: TestedEvent>(_ type: Event.Type) async throws -> [[Double]] {
            let events = try await recording.events(Event.self)
            let configuration = try configuration(name, options)
            var indicator = try make(plugin, configuration, Event.self)
            return feed(events, to: &indicator, width: plugin.outputs(configuration).count)
        }
        return try await read(plugin.descriptor.reads.tested)
    }

    private static func suite<I: Indicator>(
        _ sample: I, _ plugin: PluginType, _ configuration: Configuration, _ events: [I.Input]
    ) -> IndicatorConformance<I> {
        IndicatorConformance<I>(plugin.descriptor, outputs: plugin.outputs(configuration), events: events) {
            () throws(PluginError) in
            guard let made = try make(plugin, configuration, I.Input.self) as? I else {
                throw PluginError(.notFound, "\(plugin.descriptor.id) makes another type than before")
            }
            return made
        }
    }
}
