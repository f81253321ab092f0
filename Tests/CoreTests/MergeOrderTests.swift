import Testing

@testable import HostCore

struct MergeOrderTests {
    @Test func waitsForEveryInputThatStillPlaysItsPast() {
        var order = MergeOrder(inputs: 2)
        order.offer(0, head: 5)
        #expect(order.next() == nil)
        order.release(1)
        #expect(order.next() == MergeOrder.Turn(input: 0, through: .max))
    }

    @Test func drivingEventsGoAsFarAsNothingBesideThemIsEarlier() {
        var order = MergeOrder(inputs: 3)
        order.offer(0, head: 5)
        order.offer(1, head: 9)
        order.offer(2, head: 7)
        #expect(order.next() == MergeOrder.Turn(input: 0, through: 6))
    }

    @Test func ofOneTimeWhatStandsBesideGoesFirst() {
        var order = MergeOrder(inputs: 2)
        order.offer(0, head: 5)
        order.offer(1, head: 5)
        #expect(order.next() == MergeOrder.Turn(input: 1, through: .max))
        order.finish()
        // Until it says what comes next, nothing is known to be later.
        #expect(order.next() == nil)
        order.offer(1, head: 6)
        #expect(order.next() == MergeOrder.Turn(input: 0, through: 5))
    }

    @Test func oneGoesAtATime() {
        var order = MergeOrder(inputs: 2)
        order.release(0)
        order.release(1)
        order.offer(0, head: 1)
        #expect(order.next()?.input == 0)
        order.offer(1, head: 2)
        #expect(order.next() == nil)
        order.finish()
        #expect(order.next()?.input == 1)
    }

    /// What is asked goes first; only then the past that is played is waited for.
    @Test func anInputThatBeginsLaterIsWaitedForFromThenOn() {
        var order = MergeOrder(inputs: 2)
        order.release(0)
        order.offer(1, head: 9)
        #expect(order.next() == MergeOrder.Turn(input: 1, through: .max))
        order.finish()
        order.expect(0)
        order.release(1)
        order.offer(1, head: 9)
        #expect(order.next() == nil)
        order.offer(0, head: 5)
        #expect(order.next() == MergeOrder.Turn(input: 0, through: 8))
    }

    @Test func anInputThatWasWithdrawnIsWaitedForAgain() {
        var order = MergeOrder(inputs: 2)
        order.offer(1, head: 1)
        order.withdraw(1)
        order.offer(0, head: 2)
        #expect(order.next() == nil)
    }
}
