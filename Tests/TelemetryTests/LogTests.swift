import Dispatch
import FoundationEssentials
import Glibc
import Logging
import Testing

@testable import HostTelemetry

@Suite struct LogTests {
    @Test func textIsAlignedAndOrdered() throws {
        let line = Self.line(.info, "Service started", ["b": "two words", "a": "1", "empty": ""])
        #expect(
            line.text(usesColour: false)
                == "2013-03-28T20:00:00.123Z  info      gateway  Service started  a=1  b=\"two words\"  empty=\"\"\n")
    }

    @Test func coloursFrameTheLevelOnly() {
        let line = Self.line(.error, "Bad", [:]).text(usesColour: true)
        #expect(line.contains("\u{1B}[31merror   \u{1B}[0m"))
    }

    @Test func jsonIsOneObjectALine() throws {
        struct Shape: Decodable {
            let time: String
            let level: String
            let logger: String
            let message: String
            let metadata: [String: String]
        }
        let text = Self.line(.warning, "A \"quote\"\nand \\ é\u{1B}", ["error": "x\ty"]).json
        #expect(text.hasSuffix("}\n") && text.filter { $0 == "\n" }.count == 1)
        let shape = try JSONDecoder().decode(Shape.self, from: Data(text.utf8))
        #expect(shape.time == "2013-03-28T20:00:00.123Z")
        #expect(shape.level == "warning")
        #expect(shape.message == "A \"quote\"\nand \\ é\u{1B}")
        #expect(shape.metadata == ["error": "x\ty"])
    }

    @Test func foreignTextCannotForgeALineOrSteerATerminal() {
        let numbers = Self.line(
            .info, "N", ["count": .stringConvertible(3), "ratio": .stringConvertible(0.5), "text": "3"]
        ).json
        #expect(
            numbers.contains(#""count":3"#) && numbers.contains(#""ratio":0.5"#) && numbers.contains(#""text":"3""#))
        let text = Self.line(.info, "One\n2013-03-28 error two\u{1B}[2J", ["k": "v\r\nv"]).text(usesColour: false)
        #expect(text.filter { $0 == "\n" || $0 == "\r" }.count == 1)
        #expect(!text.contains("\u{1B}"))
    }

    @Test(arguments: ["api_key", "token", "Authorization", "db_password", "client_secret", "Set-Cookie", "apiKey"])
    func secretsAreHidden(key: String) {
        let metadata: Logger.Metadata = [key: "hunter2", "nested": ["\(key)": "hunter2", "list": ["a", "b"]]]
        let line = Self.line(.info, "Signed in", metadata)
        #expect(!line.text(usesColour: false).contains("hunter2"))
        #expect(!line.json.contains("hunter2"))
        #expect(line.json.contains("<hidden>") && line.json.contains("[a, b]"))
    }

    @Test func levelsFilterAndCanBeChanged() throws {
        let pipe = try Pipe()
        let destination = LogDestination(descriptor: pipe.input, format: .text, level: .info)
        var logger = Logger(label: "test") { LogOutput(label: $0, destination: destination) }
        logger.debug("hidden one")
        logger.info("shown one", metadata: ["k": "v"])
        destination.level = .debug
        logger.debug("shown two")
        logger.logLevel = .error
        logger.warning("hidden two")
        let text = pipe.read()
        #expect(text.contains("shown one  k=v\n") && text.contains("shown two"))
        #expect(!text.contains("hidden"))
    }

    @Test func metadataOfHandlerAndCallAreMerged() throws {
        let pipe = try Pipe()
        let destination = LogDestination(descriptor: pipe.input, format: .json, level: .info)
        var logger = Logger(label: "test") { LogOutput(label: $0, destination: destination) }
        logger[metadataKey: "a"] = "handler"
        logger[metadataKey: "b"] = "handler"
        logger.info("x", metadata: ["b": "call"])
        #expect(pipe.read().contains(#""metadata":{"a":"handler","b":"call"}"#))
    }

    @Test func aReaderThatDoesNotReadLosesLinesAndIsToldHowMany() throws {
        let pipe = try Pipe()
        let destination = LogDestination(descriptor: pipe.input, format: .text, level: .info, patience: 0)
        let logger = Logger(label: "test") { LogOutput(label: $0, destination: destination) }
        let long = String(repeating: "x", count: 10_000)
        for _ in 0..<50 { logger.info("\(long)") }
        let lost = destination.droppedLines
        #expect(lost > 0)
        _ = pipe.read()
        logger.info("after")
        let text = pipe.read()
        #expect(text.contains("Log lines were lost") && text.contains("count=\(lost)"))
        #expect(text.hasSuffix("after\n"))
        #expect(destination.droppedLines == 0)
    }

    /// A reader that stands still holds up one caller, no other.
    @Test func nobodyWaitsForACallerThatWrites() throws {
        let pipe = try Pipe()
        let (isWaiting, isRead) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let destination = LogDestination(descriptor: pipe.input, format: .text, level: .info, patience: 60_000) {
            isWaiting.signal()
        }
        let logger = Logger(label: "test") { LogOutput(label: $0, destination: destination) }
        let long = String(repeating: "x", count: 200_000)
        DispatchQueue.global().async {
            logger.info("\(long)")
            isRead.signal()
        }
        isWaiting.wait()
        // The pipe holds less than the line: its caller waits, and these return at once.
        for number in 0..<3 { logger.info("line \(number)") }
        var text = ""
        while !text.contains("line 2") { text += pipe.read() }
        isRead.wait()
        #expect(text.contains("x\n") && destination.droppedLines == 0)
        #expect(text.split(separator: "\n").suffix(3).map(\.last) == ["0", "1", "2"])
    }

    @Test func aClosedOtherEndIsNoFault() throws {
        let pipe = try Pipe()
        signal(SIGPIPE, SIG_IGN)
        pipe.closeOutput()
        let destination = LogDestination(descriptor: pipe.input, format: .text, level: .info)
        Logger(label: "test") { LogOutput(label: $0, destination: destination) }.info("x")
        #expect(destination.droppedLines == 1)
    }

    private static func line(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) -> LogLine {
        LogLine(
            level: level, label: "gateway", message: message, metadata: metadata,
            time: 1_364_500_800_123_456_789)
    }
}

/// A pipe whose reading end does not wait.
private final class Pipe {
    let input: Int32
    private var output: Int32

    init() throws {
        var ends: [Int32] = [0, 0]
        let status = pipe(&ends)
        try #require(status == 0)
        output = ends[0]
        input = ends[1]
        _ = fcntl(output, F_SETFL, O_NONBLOCK)
    }

    deinit {
        close(input)
        closeOutput()
    }

    func closeOutput() {
        if output >= 0 { close(output) }
        output = -1
    }

    /// Reads all that is there.
    func read() -> String {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = Glibc.read(output, &buffer, buffer.count), count > 0 { all += buffer[..<count] }
        return String(decoding: all, as: UTF8.self)
    }
}
