import Glibc

/// A client of many WebSocket connections on one thread, to load servers with: it must not be what is measured.
///
///     penstock-load fanout PORT CLIENTS MESSAGES RATE [PATH]   has RATE messages a second published; how long each took to each client
///     penstock-load idle PORT CLIENTS PID [PATH]               memory of the process PID for each connection that only waits
///     penstock-load resume PORT MESSAGES [PATH]                how fast one client gets what it missed
///
/// The server publishes at `POST /publish?n=&rate=&pad=`, with its monotonic clock as `"t":NANOSECONDS` in each message.
@main
enum Load {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let numbers = arguments.dropFirst().prefix { Int($0) != nil }.compactMap { Int($0) }
        let path = arguments.dropFirst(1 + numbers.count).first ?? "/ws/enhanced"
        raiseDescriptorLimit()
        switch (arguments.first, numbers.count) {
        case ("fanout", 4): fanOut(port: numbers[0], clients: numbers[1], messages: numbers[2], rate: numbers[3], path)
        case ("idle", 3): idle(port: numbers[0], clients: numbers[1], process: numbers[2], path)
        case ("resume", 2): resume(port: numbers[0], messages: numbers[1], path)
        default: fail("penstock-load fanout PORT CLIENTS MESSAGES RATE | idle PORT CLIENTS PID | resume PORT MESSAGES")
        }
    }

    private static func fanOut(port: Int, clients: Int, messages: Int, rate: Int, _ path: String) {
        let crowd = Crowd(port: port, path: path, clients: clients)
        let wanted = clients * messages
        publish(port: port, messages: messages, rate: rate)
        let start = now()
        let limit = Double(messages) / Double(max(1, rate)) + 30
        // Silence for three seconds is the end: what did not come is lost.
        crowd.run {
            crowd.latencies.count >= wanted || now() - max(crowd.lastArrival, start) > 3 || now() - start > limit
        }
        let times = crowd.latencies.sorted()
        guard !times.isEmpty else { fail("no message came") }
        let parts = [0.5, 0.95, 0.99, 1].map { times[min(times.count - 1, Int(Double(times.count) * $0))] / 1e6 }
        let span = crowd.lastArrival - start
        print(
            "\(clients) clients, \(times.count)/\(wanted) delivered in \(fixed(span)) s = \(Int(Double(times.count) / span)) deliveries/s; "
                + "latency ms p50 \(fixed(parts[0])) p95 \(fixed(parts[1])) p99 \(fixed(parts[2])) max \(fixed(parts[3]))"
        )
    }

    private static func idle(port: Int, clients: Int, process: Int, _ path: String) {
        // The first connections bring what all share.
        let first = Crowd(port: port, path: path, clients: 16)
        let before = resident(process)
        let crowd = Crowd(port: port, path: path, clients: clients)
        let end = now() + 1
        crowd.run { now() > end }
        let after = resident(process)
        print("\(crowd.open + first.open) connections, \((after - before) / clients) bytes each, \(after) bytes in all")
    }

    private static func resume(port: Int, messages: Int, _ path: String) {
        publish(port: port, messages: messages, rate: 0)
        // A client that comes while they are published may lose some; when it gets no more, all are there.
        let first = Crowd(port: port, path: path, clients: 1)
        let began = now()
        first.run { now() - max(first.lastArrival, began) > 2 }
        let start = now()
        let crowd = Crowd(port: port, path: path + "?after=0", clients: 1)
        crowd.run { crowd.latencies.count >= messages || now() - start > 60 }
        let span = now() - start
        print(
            "\(crowd.latencies.count)/\(messages) messages in \(fixed(span)) s = \(Int(Double(crowd.latencies.count) / span)) messages/s"
        )
    }

    private static func publish(port: Int, messages: Int, rate: Int) {
        let socket = Crowd.connected(port: port)
        Crowd.send(
            socket,
            "POST /publish?n=\(messages)&rate=\(rate)&pad=150 HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Length: 0\r\n"
                + "Connection: close\r\n\r\n")
        var answer = [UInt8](repeating: 0, count: 4_096)
        let count = recv(socket, &answer, answer.count, 0)
        close(socket)
        guard count > 12, answer[9] == UInt8(ascii: "2") else { fail("POST /publish was not answered with 2xx") }
    }

    private static func resident(_ process: Int) -> Int {
        guard let file = fopen("/proc/\(process)/statm", "r") else { fail("no process \(process)") }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        fgets(&line, 128, file)
        let parts = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(
            separator: " ")
        guard parts.count > 1, let pages = Int(parts[1]) else { fail("/proc/\(process)/statm cannot be read") }
        return pages * Int(getpagesize())
    }

    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    private static func fixed(_ number: Double) -> String {
        let hundredths = Int((number * 100).rounded())
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }
}

/// Seconds of the monotonic clock.
func now() -> Double { Double(nanoseconds()) / 1e9 }

/// Nanoseconds of the monotonic clock, which the server stamps messages with.
func nanoseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// Says what is wrong and ends.
func fail(_ message: String) -> Never {
    let text = Array("penstock-load: \(message)\n".utf8)
    _ = write(STDERR_FILENO, text, text.count)
    exit(1)
}
