import Testing

@testable import HostCore

struct BoundedQueueTests {
    @Test func givesElementsInTheOrderTheyCame() async {
        let queue = BoundedQueue<Int>(capacity: 3, policy: .block)
        for number in 1...3 { #expect(await queue.push(number).isQueued) }
        #expect(queue.count == 3)
        queue.finish()
        #expect(await rest(of: queue) == [1, 2, 3])
    }

    @Test func dropOldestGivesUpWhatWaitedLongest() async {
        let queue = BoundedQueue<Int>(capacity: 2, policy: .dropOldest)
        var dropped: [Int] = []
        for number in 1...5 {
            if case .droppedOldest(let oldest) = await queue.push(number) { dropped.append(oldest) }
        }
        queue.finish()
        #expect(dropped == [1, 2, 3])
        #expect(await rest(of: queue) == [4, 5])
    }

    @Test func dropNewestKeepsWhatWaits() async {
        let queue = BoundedQueue<Int>(capacity: 2, policy: .dropNewest)
        var dropped = 0
        for number in 1...5 {
            if case .droppedNewest = await queue.push(number) { dropped += 1 }
        }
        queue.finish()
        #expect(dropped == 3)
        #expect(await rest(of: queue) == [1, 2])
    }

    @Test func blockMakesTheProducerWaitForRoom() async {
        let queue = BoundedQueue<Int>(capacity: 1, policy: .block)
        _ = await queue.push(1)
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { await queue.push(2).isQueued }
            while queue.count < 2 { await Task.yield() }
            #expect(await queue.pop() == 1)
            #expect(await group.next() == true)
            #expect(await queue.pop() == 2)
        }
    }

    @Test func aWaitingConsumerGetsTheNextElement() async {
        let queue = BoundedQueue<Int>(capacity: 1, policy: .block)
        await withTaskGroup(of: Int?.self) { group in
            group.addTask { await queue.pop() }
            #expect(await queue.push(7).isQueued)
            #expect(await group.next() == .some(7))
        }
    }

    @Test func finishEndsEveryWait() async {
        let empty = BoundedQueue<Int>(capacity: 1, policy: .block)
        let full = BoundedQueue<Int>(capacity: 1, policy: .block)
        _ = await full.push(1)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { #expect(await empty.pop() == nil) }
            group.addTask { #expect(await full.push(2).isClosed) }
            while full.count < 2 { await Task.yield() }
            empty.finish()
            full.finish()
        }
        #expect(await full.push(3).isClosed)
        #expect(await rest(of: full) == [1])
        #expect(await full.pop() == nil)
        full.finish()
    }

    @Test func cancellingAWaitingProducerTakesItsElementBack() async {
        let queue = BoundedQueue<Int>(capacity: 1, policy: .block)
        _ = await queue.push(1)
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { await queue.push(2).isClosed }
            while queue.count < 2 { await Task.yield() }
            group.cancelAll()
            #expect(await group.next() == true)
        }
        queue.finish()
        #expect(await rest(of: queue) == [1])
    }

    @Test func aCancelledProducerDoesNotWait() async {
        let queue = BoundedQueue<Int>(capacity: 1, policy: .block)
        await withTaskGroup(of: Void.self) { group in
            group.cancelAll()
            group.addTask {
                #expect(await queue.push(1).isQueued)
                #expect(await queue.push(2).isClosed)
            }
        }
        #expect(queue.count == 1)
    }

    @Test func capacityIsAtLeastOne() async {
        let queue = BoundedQueue<Int>(capacity: 0, policy: .dropNewest)
        #expect(await queue.push(1).isQueued)
        #expect(await queue.pop() == 1)
    }

    /// The queue fills up between a consumer's look and its wait: the waiting producer moves up all the same.
    @Test func aProducerThatCameWhileTheConsumerWentToWaitIsNotForgotten() async {
        let queue = BoundedQueue<Int>(capacity: 1, policy: .block)
        _ = await queue.push(1)
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { await queue.push(2).isQueued }
            while queue.count < 2 { await Task.yield() }
            #expect(await withCheckedContinuation { queue.park($0) } == 1)
            queue.finish()
            #expect(await group.next() == true)
        }
        #expect(await rest(of: queue) == [2])
    }

    /// A queue of one place between tasks: the waits of both sides meet in every order. Nothing may be lost or hang.
    @Test(arguments: [1, 2, 5], [1, 4])
    func nothingIsLostBetweenProducersAndTheConsumer(capacity: Int, producers: Int) async {
        let queue = BoundedQueue<Int>(capacity: capacity, policy: .block)
        let each = 8_000 / producers
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                var last = Array(repeating: -1, count: producers)
                var count = 0
                while count < producers * each, let element = await queue.pop() {
                    let producer = element % producers
                    #expect(element / producers == last[producer] + 1)
                    last[producer] = element / producers
                    count += 1
                }
                #expect(count == producers * each)
            }
            for producer in 0..<producers {
                group.addTask {
                    for number in 0..<each { _ = await queue.push(number * producers + producer) }
                }
            }
        }
        #expect(queue.count == 0)
    }

    private func rest(of queue: BoundedQueue<Int>) async -> [Int] {
        var rest: [Int] = []
        while queue.count > 0, let element = await queue.pop() { rest.append(element) }
        return rest
    }
}

extension BoundedQueue.PushResult {
    fileprivate var isQueued: Bool {
        if case .queued = self { true } else { false }
    }

    fileprivate var isClosed: Bool {
        if case .closed = self { true } else { false }
    }
}
