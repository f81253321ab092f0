import ArgumentParser
import Glibc

/// From the start of the process to the first prediction served over HTTP, with a stored model.
struct StartupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "startup")

    @Option(help: "The executable.") var penstock: String
    @Option(help: "The manifest; its models must be stored already.") var config: String
    @Option(help: "A port nobody uses.") var port = 18_080
    @Option(help: "Times to repeat.") var rounds = 7
    @Option(help: "The instrument whose prediction is waited for.") var symbol = "AAPL"
    @Option(help: "What the results are called.") var name = "startup_to_first_prediction"
    @Option(help: "Event time of the last bar: the prediction made from it is waited for, not one on the way there.")
    var last = "2013-03-01T"

    func run() async throws {
        var spans: [Double] = []
        for _ in 0..<rounds { spans.append(try round()) }
        spans.sort()
        printResult(name, percentile(spans, 0.5), "ms")
        printResult("\(name)_max", spans.last ?? .nan, "ms")
    }

    /// Starts the service, asks until a prediction comes, stops it by SIGTERM.
    private func round() throws -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        let process = try launch()
        defer {
            kill(process, SIGTERM)
            var status: Int32 = 0
            waitpid(process, &status, 0)
        }
        let request =
            "GET /api/v2/ai/predictions?symbols=\(symbol) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        while start.duration(to: clock.now) < .seconds(120) {
            if let answer = LoopbackRequest.send(request, port: port), answer.contains("\"value\":"),
                answer.contains("\"time\":\"\(last)")
            {
                return start.duration(to: clock.now).inSeconds * 1000
            }
            usleep(1000)
        }
        throw ValidationError("no prediction was served within 120 s.")
    }

    private func launch() throws -> pid_t {
        var process: pid_t = 0
        let arguments = [penstock, "run", "--config", config, "--listen", "127.0.0.1:\(port)", "--log-level", "error"]
        var pointers = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        defer { posix_spawn_file_actions_destroy(&actions) }
        guard posix_spawn(&process, penstock, &actions, nil, &pointers, environ) == 0 else {
            throw ValidationError("'\(penstock)' cannot be started.")
        }
        return process
    }
}

/// One HTTP request over a fresh loopback connection.
enum LoopbackRequest {
    /// Returns the whole answer, or `nil` where nobody listens.
    static func send(_ request: String, port: Int) -> String? {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { return nil }
        let bytes = Array(request.utf8)
        guard write(socket, bytes, bytes.count) == bytes.count else { return nil }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(socket, &buffer, buffer.count)
            guard count > 0 else { break }
            answer += buffer.prefix(count)
        }
        return String(decoding: answer, as: UTF8.self)
    }
}
