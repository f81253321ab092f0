/// The files of a new provider in Swift; `@NAME@`, `@TYPE@`, `@MODULE@` and `@KIT@` are filled in.
enum SwiftProviderTexts {
    static let package = """
        // swift-tools-version: 6.2
        import PackageDescription

        let settings: [SwiftSetting] = [
            .swiftLanguageMode(.v6),
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("MemberImportVisibility"),
        ]

        let kit: Target.Dependency = .product(name: "PluginKit", package: "PluginKit")

        let package = Package(
            name: "@NAME@",
            products: [.library(name: "@MODULE@", type: .dynamic, targets: ["@MODULE@"])],
            dependencies: [.package(name: "PluginKit", path: "@KIT@")],
            targets: [
                .target(name: "@MODULE@", dependencies: [kit], swiftSettings: settings),
                .testTarget(name: "@MODULE@Tests", dependencies: ["@MODULE@", kit], swiftSettings: settings),
            ]
        )

        """

    static let manifest = """
        # What a host reads before it runs anything of this folder. `penstock plugins describe .` writes the options and
        # capabilities anew after the descriptor changed.
        id: provider/@NAME@
        version: 0.1.0
        summary: Reads bars from CSV files, one for each instrument.
        stability: experimental
        tier: dynamic
        library: lib/lib@MODULE@.so
        options:
          path:
            type: path
            required: true
            summary: Folder of the files.
        provider:
          fetches: [bar]
          streams: []
          needs_network: false
        permissions:
          files: ["read {path}"]

        """

    static let ignored = """
        .build/
        lib/
        Package.resolved

        """

    static let readme = """
        # provider/@NAME@

        Bars from CSV files, one for each instrument (`IBM.csv`): `seconds,open,high,low,close,volume` without a header;
        `seconds` is the end of the bar since the Unix epoch.

        ```
        swift test
        swift build -c release
        mkdir -p lib && cp .build/release/lib@MODULE@.so lib/
        penstock plugins install .
        ```

        To make it yours: read your source in `bars(_:)`, map its rows in `@TYPE@Messages`, declare options in the schema.

        """

    static let provider = """
        import FoundationEssentials
        public import PluginKit

        /// Bars from CSV files, one for each instrument.
        ///
        /// - Gives: `Bar`; order, duplicates and OHLC are judged by the host.
        /// - Time: the files hold the end of each bar in seconds since the Unix epoch.
        /// - Limits: a file is read whole.
        /// - Needs: nothing from outside but the files.
        public struct @TYPE@: Provider {
            private let instance: String
            private let folder: String

            /// What the plugin is.
            public static let descriptor = PluginDescriptor(
                kind: .provider, name: "@NAME@", version: "0.1.0",
                summary: "Reads bars from CSV files, one for each instrument.", stability: .experimental,
                schema: ConfigurationSchema([.path("path", isRequired: true, "Folder of the files.")]),
                provider: ProviderCapabilities(fetches: [.bar], streams: [], needsNetwork: false))

            /// Builds an instance; reads no file.
            public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
                instance = configuration.instance
                folder = context.resolve(try configuration.text("path"))
            }

            /// Returns the bars in the range, instrument by instrument.
            public func bars(_ request: BarsRequest) async throws(PluginError) -> Reply<Bar> {
                var reply = Reply<Bar>(events: [])
                for reference in request.instruments {
                    let file = "\\(reference.instrument.code).csv"
                    let part = @TYPE@Messages.map(try read(file), of: reference.id, file: file)
                    reply.events += part.events.filter { request.range.contains($0.time) }
                    reply.defects += part.defects
                }
                return reply
            }

            private func read(_ file: String) throws(PluginError) -> String {
                do {
                    return String(decoding: try Data(contentsOf: URL(filePath: "\\(folder)/\\(file)")), as: UTF8.self)
                } catch {
                    throw PluginError(
                        .notFound, "\\(instance): \\(PluginError.quoted(file)) cannot be read. Check 'path'.", cause: error)
                }
            }
        }

        /// The library's entry: named after `lib@MODULE@.so`.
        @c(penstock_plugin_@MODULE@) public func entry() -> UnsafeMutableRawPointer {
            exportPlugins(.provider(@TYPE@.self))
        }

        """

    static let messages = """
        import PluginKit

        /// The format of the files: text to bars. Pure functions.
        enum @TYPE@Messages {
            /// Returns the bars of a text, and a defect for each line that cannot be one.
            static func map(_ text: String, of instrument: InstrumentID, file: String) -> Reply<Bar> {
                var reply = Reply<Bar>(events: [])
                for (index, line) in text.split(whereSeparator: \\.isNewline).enumerated() {
                    if let bar = bar(line, of: instrument) {
                        reply.events.append(bar)
                    } else {
                        reply.defects.append(
                            Defect(
                                instrument: instrument, place: "\\(file): row \\(index + 1)", reason: "unreadable_row",
                                message: "it is not seconds,open,high,low,close,volume.", raw: String(line)))
                    }
                }
                return reply
            }

            private static func bar(_ line: Substring, of instrument: InstrumentID) -> Bar? {
                let fields = line.split(separator: ",", omittingEmptySubsequences: false)
                let numbers = fields.dropFirst().compactMap { Double($0) }.filter(\\.isFinite)
                guard fields.count == 6, numbers.count == 5, let seconds = Int64(fields[0]) else { return nil }
                let (time, isTooLarge) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
                guard !isTooLarge else { return nil }
                return Bar(
                    time: time, open: numbers[0], high: numbers[1], low: numbers[2], close: numbers[3],
                    volume: numbers[4], instrument: instrument)
            }
        }

        """

    static let tests = """
        import PluginKit
        import Testing

        @testable import @MODULE@

        struct @TYPE@Tests {
            @Test func aRowBecomesABar() throws {
                let reply = @TYPE@Messages.map("1362171600,200.5,202,200,201,3309100\\n", of: InstrumentID(rawValue: 2), file: "f")
                let bar = try #require(reply.events.first)
                #expect(bar.time == 1_362_171_600_000_000_000)
                #expect([bar.open, bar.high, bar.low, bar.close, bar.volume] == [200.5, 202, 200, 201, 3_309_100])
            }

            @Test(arguments: ["", "x,1,2,3,4,5", "1,2,3", "1,1,nan,1,1,1", "9223372036854775807,1,1,1,1,1"])
            func aRowThatCannotBeReadIsADefect(row: String) {
                let reply = @TYPE@Messages.map("1,1,1,1,1,1\\n\\(row)\\n", of: InstrumentID(rawValue: 2), file: "f")
                #expect(reply.events.count == 1)
                #expect(reply.defects.count == (row.isEmpty ? 0 : 1))
            }
        }

        """
}
