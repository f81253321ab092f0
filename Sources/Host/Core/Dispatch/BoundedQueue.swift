import Synchronization

/// What a full queue does with one element more.
package enum QueuePolicy: String, Sendable, CaseIterable {
    /// The producer waits: nothing is lost, back-pressure reaches the provider.
    case block
    /// The element that waited longest is dropped: the newest matters most.
    case dropOldest = "drop_oldest"
    /// The new element is dropped: what waits keeps its place.
    case dropNewest = "drop_newest"
    /// The new element is given back to its producer, who keeps it on disk until there is room.
    case spill
}

/// A bounded queue of batches between tasks: several producers, one consumer, a named policy when full.
///
/// The lock is held for a few instructions; no callback and no suspension happens inside it.
package final class BoundedQueue<Element: Sendable>: Sendable {
    /// What became of a push.
    package enum PushResult: Sendable {
        /// It waits in the queue or went straight to the consumer.
        case queued
        /// It was queued, and this one was dropped for it.
        case droppedOldest(Element)
        /// It was dropped.
        case droppedNewest
        /// The queue takes nothing any more, or the pushing task was cancelled.
        case closed
    }

    private struct Waiter {
        let id: UInt64
        let element: Element
        let continuation: CheckedContinuation<PushResult, Never>
    }

    private struct State {
        var ring: [Element?]
        var head = 0
        var count = 0
        var isFinished = false
        /// Most elements that wait; the ring may be longer for a while after it became less.
        var capacity: Int
        var policy: QueuePolicy
        /// Whether the consumer is to look up once, though nothing came.
        var isWoken = false
        var consumer: CheckedContinuation<Element?, Never>?
        var producers: [Waiter] = []
        var nextID: UInt64 = 0
        var cancelledEarly: Set<UInt64> = []

        init(capacity: Int, policy: QueuePolicy) {
            ring = Array(repeating: nil, count: capacity)
            self.capacity = capacity
            self.policy = policy
        }

        mutating func append(_ element: Element) {
            ring[(head + count) % ring.count] = element
            count += 1
        }

        mutating func removeFirst() -> Element? {
            guard count > 0 else { return nil }
            let element = ring[head]
            ring[head] = nil
            head = (head + 1) % ring.count
            count -= 1
            return element
        }

        /// Takes the first element and moves the producer that waited longest into its place.
        ///
        /// Every way out of the ring goes through here, so producers wait only while the ring is full.
        mutating func takeFirst() -> (element: Element, producer: CheckedContinuation<PushResult, Never>?)? {
            guard let element = removeFirst() else { return nil }
            guard !producers.isEmpty, count < capacity else { return (element, nil) }
            let next = producers.removeFirst()
            append(next.element)
            return (element, next.continuation)
        }
    }

    private let state: Mutex<State>

    /// Creates an empty queue; `capacity` is 1 or more.
    package init(capacity: Int, policy: QueuePolicy) {
        state = Mutex(State(capacity: max(1, capacity), policy: policy))
    }

    /// Changes how much may wait, 1 or more, and what happens to more than that; what waits now stays.
    package func change(capacity: Int, policy: QueuePolicy) {
        let admitted = state.withLock { state in
            state.capacity = max(1, capacity)
            state.policy = policy
            let waiting = (0..<state.count).map { state.ring[(state.head + $0) % state.ring.count] }
            let free = max(state.capacity - state.count, 0)
            state.ring = waiting + Array(repeating: nil, count: free)
            state.head = 0
            let admitted = Array(state.producers.prefix(free))
            state.producers.removeFirst(admitted.count)
            for producer in admitted { state.append(producer.element) }
            return admitted
        }
        for producer in admitted { producer.continuation.resume(returning: .queued) }
    }

    /// Elements that wait, including those of suspended producers.
    package var count: Int { state.withLock { $0.count + $0.producers.count } }

    /// Puts an element in; suspends only under `.block` while the queue is full.
    package func push(_ element: Element) async -> PushResult {
        if let done = offer(element) { return done }
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { wait(Waiter(id: id, element: element, continuation: $0)) }
        } onCancel: {
            cancelProducer(id)
        }
        state.withLock { _ = $0.cancelledEarly.remove(id) }
        return result
    }

    /// Takes the next element; suspends while there is none; `nil` once the queue is finished and empty, or after `wake`.
    package func pop() async -> Element? {
        if let element = tryPop() { return element }
        return await withCheckedContinuation { park($0) }
    }

    /// Takes the next element; `nil` where there is none.
    package func tryPop() -> Element? {
        guard let taken = state.withLock({ $0.takeFirst() }) else { return nil }
        taken.producer?.resume(returning: .queued)
        return taken.element
    }

    /// Whether it is finished and empty.
    package var isDone: Bool { state.withLock { $0.isFinished && $0.count == 0 } }

    /// Lets the consumer return from `pop` with `nil`, now or the next time it would wait.
    package func wake() {
        let consumer = state.withLock { state in
            state.isWoken = state.consumer == nil
            defer { state.consumer = nil }
            return state.consumer
        }
        consumer?.resume(returning: nil)
    }

    /// Takes no more elements; the consumer still gets those that wait.
    package func finish() {
        let (consumer, producers) = state.withLock { state in
            state.isFinished = true
            let waiting = state.producers
            state.producers = []
            let consumer = state.count == 0 ? state.consumer : nil
            if consumer != nil { state.consumer = nil }
            return (consumer, waiting)
        }
        consumer?.resume(returning: nil)
        for producer in producers { producer.continuation.resume(returning: .closed) }
    }

    private func offer(_ element: Element) -> PushResult? {
        let (result, consumer) = state.withLock { state -> (PushResult?, CheckedContinuation<Element?, Never>?) in
            if state.isFinished { return (.closed, nil) }
            if let consumer = state.consumer {
                state.consumer = nil
                return (.queued, consumer)
            }
            if state.count < state.capacity {
                state.append(element)
                return (.queued, nil)
            }
            switch state.policy {
            case .block: return (nil, nil)
            case .dropNewest, .spill: return (.droppedNewest, nil)
            case .dropOldest:
                guard let oldest = state.removeFirst() else { return (.droppedNewest, nil) }
                state.append(element)
                return (.droppedOldest(oldest), nil)
            }
        }
        consumer?.resume(returning: element)
        return result
    }

    private func wait(_ waiter: Waiter) {
        let (result, consumer) = state.withLock { state -> (PushResult?, CheckedContinuation<Element?, Never>?) in
            if state.isFinished || state.cancelledEarly.remove(waiter.id) != nil { return (.closed, nil) }
            if let consumer = state.consumer {
                state.consumer = nil
                return (.queued, consumer)
            }
            if state.count < state.capacity {
                state.append(waiter.element)
                return (.queued, nil)
            }
            state.producers.append(waiter)
            return (nil, nil)
        }
        consumer?.resume(returning: waiter.element)
        if let result { waiter.continuation.resume(returning: result) }
    }

    /// Waits for an element; one that came since the consumer looked is taken at once.
    func park(_ consumer: CheckedContinuation<Element?, Never>) {
        let (ready, producer) = state.withLock { state -> (Element??, CheckedContinuation<PushResult, Never>?) in
            if let taken = state.takeFirst() { return (.some(taken.element), taken.producer) }
            if state.isFinished || state.isWoken {
                state.isWoken = false
                return (.some(nil), nil)
            }
            state.consumer = consumer
            return (nil, nil)
        }
        producer?.resume(returning: .queued)
        if let ready { consumer.resume(returning: ready) }
    }

    private func cancelProducer(_ id: UInt64) {
        let continuation = state.withLock { state -> CheckedContinuation<PushResult, Never>? in
            guard let place = state.producers.firstIndex(where: { $0.id == id }) else {
                state.cancelledEarly.insert(id)
                return nil
            }
            return state.producers.remove(at: place).continuation
        }
        continuation?.resume(returning: .closed)
    }
}
