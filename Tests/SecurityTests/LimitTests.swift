import TestSupport
import Testing

@testable import HostSecurity

/// How many requests a caller may make.
@Suite struct LimitTests {
    private static let second: Int64 = 1_000_000_000

    @Test func aBucketGivesWhatCameIn() {
        let rate = TokenBucket.Rate(perSecond: 2, burst: 3)
        var bucket = TokenBucket(rate, at: 0)
        let first = (0..<4).map { _ in bucket.take(rate, at: 0) }
        #expect(first.map(\.isTaken) == [true, true, true, false])
        #expect(first.map(\.remaining) == [2, 1, 0, 0] && first.allSatisfy { $0.limit == 3 })
        #expect(first[3].reset == 1)
        #expect(bucket.take(rate, at: Self.second / 2).isTaken)
        #expect(!bucket.take(rate, at: Self.second / 2).isTaken)
        // Years later it is full, and no fuller.
        let later = (0..<4).map { _ in bucket.take(rate, at: 100_000_000 * Self.second).isTaken }
        #expect(later == [true, true, true, false])
        // A clock that goes back gives nothing.
        #expect(!bucket.take(rate, at: 0).isTaken)
    }

    @Test func callersAndClassesHaveBucketsOfTheirOwn() {
        let one = TokenBucket.Rate(perSecond: 0.1, burst: 1)
        let limits = RequestLimits(.init(read: one, change: one, login: one))
        for routes in RequestLimits.RouteClass.allCases {
            for caller in ["a", "b"] {
                #expect(limits.take(caller, routes, at: 0).isTaken)
                #expect(!limits.take(caller, routes, at: 0).isTaken)
            }
        }
    }

    @Test func aCrowdOfCallersIsForgottenFromItsOldEnd() {
        let limits = RequestLimits(
            .init(read: .init(perSecond: 0.001, burst: 1), change: .init(perSecond: 1, burst: 1)))
        for number in 0..<20_000 { _ = limits.take("\(number)", .read, at: Int64(number)) }
        _ = limits.take("one more", .read, at: 20_001)
        #expect(!limits.take("19999", .read, at: 20_002).isTaken)
        #expect(limits.take("0", .read, at: 20_003).isTaken)
    }
}
