/// One stream of events while it is open: belongs to the thread that made it.
final class EventFlow {
    /// The number it was opened with.
    let stream: Int
    private let isFull: () -> Bool
    private let deliver: (StreamArrival.Content) -> Void
    private let now: () -> Int64
    private var reader: ServerEventReader
    private var lastHeard = ContinuousClock.now
    /// Whether the server has accepted.
    private(set) var isOpen = false
    /// Whether the source is held back.
    private(set) var isPaused = false

    /// - Parameters:
    ///   - isFull: whether so much waits that nothing more is to be read.
    ///   - now: nanoseconds since the Unix epoch.
    init(
        _ stream: Int, maximumBytes: Int, isFull: @escaping () -> Bool, now: @escaping () -> Int64,
        deliver: @escaping (StreamArrival.Content) -> Void
    ) {
        self.stream = stream
        self.isFull = isFull
        self.now = now
        self.deliver = deliver
        reader = ServerEventReader(maximumBytes: maximumBytes)
    }

    /// Notes that the reply begins.
    func opens() {
        isOpen = true
        lastHeard = .now
        deliver(.opened)
    }

    /// Takes bytes of the body; returns `false` where they are to come again later, throws where an event is too long.
    func take(_ bytes: UnsafeRawBufferPointer) throws(ServerEventReader.TooLong) -> Bool {
        isPaused = isFull()
        guard !isPaused else { return false }
        lastHeard = .now
        let events = try reader.read(bytes, arrival: now())
        if !events.isEmpty { deliver(.events(events)) }
        return true
    }

    /// Reads on after it was held back.
    func goesOn() {
        isPaused = false
        lastHeard = .now
    }

    /// When it counts as silent; `nil` while the source is held back.
    func silentFrom(_ bounds: StreamOptions, _ options: HTTPOptions) -> ContinuousClock.Instant? {
        isPaused ? nil : lastHeard + (isOpen ? bounds.silence : options.timeout)
    }
}
