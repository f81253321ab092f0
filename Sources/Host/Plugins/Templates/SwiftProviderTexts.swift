/// The sources of a new provider in Swift.
enum SwiftProviderTexts {
    static let provider = #"""
        import FoundationEssentials
        public import PluginKit

        /// Daily bars from CSV files, one for each instrument.
        ///
        /// - Gives: `Bar`; order, duplicates and OHLC are judged by the host.
        /// - Time: the files hold the end of each bar in seconds since the Unix epoch.
        /// - Limits: a file is read whole.
        /// - Needs: nothing from outside but the files.
        public struct @TYPE@: Provider {
            private let instance: String
            private let folder: String
            private let batch: Int

            /// What the plugin is.
            public static let descriptor = PluginDescriptor(
                kind: .provider, name: "@NAME@", version: "0.1.0", summary: "@ABOUT@", stability: .experimental,
                schema: ConfigurationSchema([
                    .path("path", isRequired: true, "Folder of the files."),
                    .integer("batch", 1...4_096, default: 256, unit: "bars", "Bars pushed at once."),
                ]),
                provider: ProviderCapabilities(fetches: [.bar], streams: [.bar], isReplay: true, needsNetwork: false))

            /// Builds an instance; reads no file.
            public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
                instance = configuration.instance
                folder = context.resolve(try configuration.text("path"))
                batch = try configuration.integer("batch")
            }

            /// Returns the bars in the range, instrument by instrument.
            public func bars(_ request: BarsRequest) async throws(PluginError) -> Reply<Bar> {
                var reply = Reply<Bar>(events: [])
                for reference in request.instruments {
                    let file = "\(reference.instrument.code).csv"
                    let part = @TYPE@Messages.map(try read(file), of: reference.id, file: file)
                    reply.events += part.events.filter { request.range.contains($0.time) }
                    reply.defects += part.defects
                }
                return reply
            }

            /// Plays the files again in the order of time; a position is how many bars were pushed.
            public func stream(_ subscription: Subscription, into receiver: any EventReceiver) async throws(PluginError) {
                guard subscription.kind == .bar else {
                    throw PluginError(.unsupported, "\(instance): it pushes bars, not \(subscription.kind.rawValue)s.")
                }
                let reply = try await bars(
                    BarsRequest(instruments: subscription.instruments, timeframe: subscription.timeframe))
                let bars = reply.events.sorted { ($0.time, $0.instrument) < ($1.time, $1.instrument) }
                var (pushed, defects) = (try start(subscription.resumeAfter, of: bars.count), reply.defects)
                while pushed < bars.count {
                    guard !Task.isCancelled else { throw PluginError(.cancelled, "\(instance): the stream was cancelled.") }
                    let end = min(pushed + batch, bars.count)
                    try await receiver.receive(
                        Delivery(
                            batch: .bars(Array(bars[pushed..<end])), position: StreamPosition("\(end)"), defects: defects))
                    (pushed, defects) = (end, [])
                }
            }

            private func start(_ position: StreamPosition?, of count: Int) throws(PluginError) -> Int {
                guard let position else { return 0 }
                guard let place = Int(position.text), (0...count).contains(place) else {
                    throw PluginError(
                        .badRequest, "\(instance): \(PluginError.quoted(position.text)) is no position of it; allowed 0...\(count).")
                }
                return place
            }

            private func read(_ file: String) throws(PluginError) -> String {
                do {
                    return String(decoding: try Data(contentsOf: URL(filePath: "\(folder)/\(file)")), as: UTF8.self)
                } catch {
                    throw PluginError(
                        .notFound, "\(instance): \(PluginError.quoted(file)) cannot be read. Check 'path'.", cause: error)
                }
            }
        }

        """#

    static let messages = #"""
        import PluginKit

        /// The format of the files: text to bars. Pure functions.
        enum @TYPE@Messages {
            /// Returns the bars of a text, and a defect for each line that cannot be one; a header is passed over.
            static func map(_ text: String, of instrument: InstrumentID, file: String) -> Reply<Bar> {
                var reply = Reply<Bar>(events: [])
                for (index, line) in text.split(whereSeparator: \.isNewline).enumerated() {
                    if index == 0, line.hasPrefix("seconds,") { continue }
                    if let bar = bar(line, of: instrument) {
                        reply.events.append(bar)
                    } else {
                        reply.defects.append(
                            Defect(
                                instrument: instrument, place: "\(file): row \(index + 1)", reason: "unreadable_row",
                                message: "it is not seconds,open,high,low,close,volume.", raw: String(line)))
                    }
                }
                return reply
            }

            private static func bar(_ line: Substring, of instrument: InstrumentID) -> Bar? {
                let fields = line.split(separator: ",", omittingEmptySubsequences: false)
                let numbers = fields.dropFirst().compactMap { Double($0) }.filter(\.isFinite)
                guard fields.count == 6, numbers.count == 5, let seconds = Int64(fields[0]) else { return nil }
                let (time, isTooLarge) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
                guard !isTooLarge else { return nil }
                return Bar(
                    time: time, open: numbers[0], high: numbers[1], low: numbers[2], close: numbers[3],
                    volume: numbers[4], instrument: instrument)
            }
        }

        """#

    static let tests = #"""
        import PluginKit
        import Testing

        @testable import @MODULE@

        struct @TYPE@Tests {
            @Test func aRowBecomesABar() throws {
                let reply = @TYPE@Messages.map(
                    "1362171600,200.5,202,200,201,3309100\n", of: InstrumentID(rawValue: 2), file: "f")
                let bar = try #require(reply.events.first)
                #expect(bar.time == 1_362_171_600_000_000_000)
                #expect([bar.open, bar.high, bar.low, bar.close, bar.volume] == [200.5, 202, 200, 201, 3_309_100])
            }

            @Test(arguments: ["", "x,1,2,3,4,5", "1,2,3", "1,1,nan,1,1,1", "9223372036854775807,1,1,1,1,1"])
            func aRowThatCannotBeReadIsADefect(row: String) {
                let reply = @TYPE@Messages.map("1,1,1,1,1,1\n\(row)\n", of: InstrumentID(rawValue: 2), file: "f")
                #expect(reply.events.count == 1)
                #expect(reply.defects.count == (row.isEmpty ? 0 : 1))
            }
        }

        """#
}
