import PluginKit

/// What a fetch ends with.
typealias FetchResult = Result<HTTPResponse, PluginError>

/// Who waits for which request: identical requests are one flight, and a flight nobody waits for is called off.
///
/// A value without I/O; `TransferLoop` keeps it behind its lock.
struct FlightTable {
    /// What the thread is to do next.
    struct Work {
        var starts: [(flight: Int, request: HTTPRequest)] = []
        var ends: [Int] = []
        var forgetsCookies = false
        var isStopped = false
    }

    typealias Waiter = CheckedContinuation<FetchResult, Never>

    private struct Flight {
        let request: HTTPRequest
        var waiters: [Int: Waiter]
    }

    /// Requests that may be in flight at one time.
    static let maximumFlights = 1_024

    private var flights: [Int: Flight] = [:]
    private var flightOfRequest: [HTTPRequest: Int] = [:]
    private var flightOfWaiter: [Int: Int] = [:]
    private var nextNumber = 0
    private var work = Work()
    /// Whether the thread runs.
    var isRunning = false

    /// Whether no more requests are taken.
    var isStopped: Bool { work.isStopped }
    /// Whether another request is one too many.
    func isFull(for request: HTTPRequest) -> Bool {
        flights.count >= Self.maximumFlights && flightOfRequest[request] == nil
    }

    /// Gives a number to a waiter, or to a flight.
    mutating func makeNumber() -> Int {
        nextNumber += 1
        return nextNumber
    }

    /// Lets a waiter wait for a request, with those that already do.
    mutating func join(_ waiter: Int, _ continuation: Waiter, _ request: HTTPRequest) {
        let number = flightOfRequest[request] ?? makeNumber()
        flightOfWaiter[waiter] = number
        guard flights[number] == nil else {
            flights[number]?.waiters[waiter] = continuation
            return
        }
        flights[number] = Flight(request: request, waiters: [waiter: continuation])
        flightOfRequest[request] = number
        work.starts.append((number, request))
    }

    /// Takes a waiter out, the flight with its last one; returns it where it still waited.
    mutating func leave(_ waiter: Int) -> Waiter? {
        guard let number = flightOfWaiter.removeValue(forKey: waiter),
            let continuation = flights[number]?.waiters.removeValue(forKey: waiter)
        else { return nil }
        if let flight = flights[number], flight.waiters.isEmpty {
            remove(number, flight)
            work.ends.append(number)
        }
        return continuation
    }

    /// Ends a flight; returns who waited for it.
    mutating func finish(_ number: Int) -> [Waiter] {
        guard let flight = flights[number] else { return [] }
        remove(number, flight)
        for waiter in flight.waiters.keys { flightOfWaiter[waiter] = nil }
        return Array(flight.waiters.values)
    }

    /// Takes no more requests; returns all who wait.
    mutating func stop() -> [Waiter] {
        work.isStopped = true
        return flights.keys.sorted().flatMap { finish($0) }
    }

    /// Ends all flights where there is no thread for them; returns all who wait. The next request begins anew.
    mutating func clear() -> [Waiter] {
        defer {
            work = Work(isStopped: work.isStopped)
            isRunning = false
        }
        return flights.keys.sorted().flatMap { finish($0) }
    }

    /// Has the cookies forgotten before the next request starts.
    mutating func forgetCookies() { work.forgetsCookies = true }

    /// Returns what there is to do, once.
    mutating func takeWork() -> Work {
        defer { work = Work(isStopped: work.isStopped) }
        return work
    }

    private mutating func remove(_ number: Int, _ flight: Flight) {
        flights[number] = nil
        if flightOfRequest[flight.request] == number { flightOfRequest[flight.request] = nil }
    }
}
