/// The sources of a new sink in Swift.
enum SwiftSinkTexts {
    static let sink = #"""
        public import PluginKit
        import Synchronization

        /// Appends bars as lines to a file of its own folder.
        ///
        /// A line is `instrument,seconds,open,high,low,close,volume`. What was flushed survives a power cut.
        public final class @TYPE@: Sink {
            /// What the plugin is.
            public static let descriptor = PluginDescriptor(
                kind: .sink, name: "@NAME@", version: "0.1.0", summary: "@ABOUT@", stability: .experimental,
                schema: ConfigurationSchema([
                    .text("file", default: "bars.csv", "Name of the file in the plugin's state folder.")
                ]),
                accepts: [.bars])

            private let instance: String
            private let path: String
            private let names: any InstrumentDirectory
            private let file = Mutex<@TYPE@Lines?>(nil)
            private let isStopped = Mutex(false)

            /// Builds an instance; opens nothing.
            public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
                instance = configuration.instance
                path = "\(context.stateDirectory)/\(try configuration.text("file"))"
                names = context.instruments
            }

            /// Throws where the file cannot be opened.
            public func probe() async throws(PluginError) { try use { (_) throws(PluginError) in } }

            /// Appends the bars; throws where none was kept.
            public func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
                guard case .bars(let bars) = batch.content else {
                    throw PluginError(.unsupported, "\(instance): it takes bars, not \(batch.kind.rawValue).")
                }
                let text = bars.map { @TYPE@Lines.line($0, names.instrument($0.instrument)) }.joined()
                try use { (file) throws(PluginError) in try file.append(text) }
                return .accepted
            }

            /// Returns when everything written is on the disk.
            public func flush() async throws(PluginError) {
                try use { (file) throws(PluginError) in try file.synchronize() }
            }

            /// Closes the file.
            public func stop() async {
                isStopped.withLock { $0 = true }
                file.withLock { file in
                    try? file?.synchronize()
                    file?.close()
                    file = nil
                }
            }

            private func use(_ work: (@TYPE@Lines) throws(PluginError) -> Void) throws(PluginError) {
                guard !isStopped.withLock(\.self) else { throw PluginError(.unsupported, "\(instance): it was stopped.") }
                try file.withLock { (file) throws(PluginError) in
                    let lines: @TYPE@Lines
                    if let file { lines = file } else { lines = try @TYPE@Lines(path, owner: instance) }
                    file = lines
                    try work(lines)
                }
            }
        }

        """#

    static let lines = #"""
        import Glibc
        import PluginKit

        /// An open file that lines are appended to.
        struct @TYPE@Lines: Sendable {
            private let descriptor: Int32
            private let owner: String

            init(_ path: String, owner: String) throws(PluginError) {
                descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
                self.owner = owner
                guard descriptor >= 0 else { throw Self.fault(owner, "opened") }
            }

            /// A bar as a line.
            static func line(_ bar: Bar, _ instrument: Instrument) -> String {
                "\(instrument),\(bar.time / 1_000_000_000),\(bar.open),\(bar.high),\(bar.low),\(bar.close),\(bar.volume)\n"
            }

            func append(_ text: String) throws(PluginError) {
                let bytes = Array(text.utf8)
                var sent = 0
                while sent < bytes.count {
                    let count = bytes[sent...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { throw Self.fault(owner, "written") }
                    sent += count
                }
            }

            func synchronize() throws(PluginError) {
                guard fdatasync(descriptor) == 0 else { throw Self.fault(owner, "brought to the disk") }
            }

            func close() { _ = Glibc.close(descriptor) }

            private static func fault(_ owner: String, _ verb: String) -> PluginError {
                PluginError(
                    .environment,
                    "\(owner): the file cannot be \(verb): \(String(cString: strerror(errno))). Check 'file' and the disk.")
            }
        }

        """#

    static let tests = #"""
        import PluginKit
        import Testing

        @testable import @MODULE@

        struct @TYPE@Tests {
            @Test func aBarIsALine() {
                let bar = Bar(
                    time: 60_000_000_000, open: 1, high: 2, low: 0.5, close: 1.5, volume: 10,
                    instrument: InstrumentID(rawValue: 0))
                #expect(
                    @TYPE@Lines.line(bar, Instrument(code: "IBM", venue: "US")) == "IBM.US,60,1.0,2.0,0.5,1.5,10.0\n")
            }
        }

        """#
}
