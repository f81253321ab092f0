import Synchronization

/// How many requests each caller may make: a bucket for each identity, or address where there is none, and class of routes.
package final class RequestLimits: Sendable {
    /// What routes have a bucket in common.
    package enum RouteClass: String, Sendable, CaseIterable {
        /// Whatever is only read.
        case read
        /// Changes.
        case change
        /// Logins, and requests that show nothing that is known.
        case login
    }

    /// How fast requests of each class may come.
    package struct Rates: Sendable, Hashable {
        /// Reads, by identity.
        package var read: TokenBucket.Rate
        /// Changes, by identity.
        package var change: TokenBucket.Rate
        /// Logins and refused requests, by address.
        package var login: TokenBucket.Rate

        /// Creates rates.
        package init(
            read: TokenBucket.Rate = .init(perSecond: 100, burst: 500),
            change: TokenBucket.Rate = .init(perSecond: 1, burst: 30),
            login: TokenBucket.Rate = .init(perSecond: 5, burst: 60)
        ) {
            (self.read, self.change, self.login) = (read, change, login)
        }

        subscript(routes: RouteClass) -> TokenBucket.Rate {
            switch routes {
            case .read: read
            case .change: change
            case .login: login
            }
        }
    }

    private struct Key: Hashable {
        let caller: String
        let routes: RouteClass
    }

    private static let most = 20_000

    private let rates: Rates
    private let buckets = Mutex<[Key: TokenBucket]>([:])

    /// Creates full buckets.
    package init(_ rates: Rates = Rates()) { self.rates = rates }

    /// Takes a token of a caller.
    package func take(_ caller: String, _ routes: RouteClass, at now: Int64) -> TokenBucket.Outcome {
        let (key, rate) = (Key(caller: caller, routes: routes), rates[routes])
        return buckets.withLock { buckets in
            if buckets.count >= Self.most, buckets[key] == nil {
                // The ones that were used longest ago are full again, or nearly so.
                let kept = buckets.sorted { $0.value.last > $1.value.last }.prefix(Self.most / 2)
                buckets = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
            }
            return buckets[key, default: TokenBucket(rate, at: now)].take(rate, at: now)
        }
    }
}
