import Synchronization

/// Counts open WebSocket connections, in all and by address, and says when there are too many.
final class ConnectionLimit: Sendable {
    private struct State {
        var total = 0
        var byAddress: [String: Int] = [:]
    }

    private let state = Mutex(State())
    private let maxTotal: Int
    private let maxPerAddress: Int?

    /// Creates a limit; `nil` sets none by address.
    init(maxTotal: Int, maxPerAddress: Int?) {
        self.maxTotal = maxTotal
        self.maxPerAddress = maxPerAddress
    }

    /// Takes a place and returns whether there was one; each place taken is given back by `release`.
    func reserve(address: String?) -> Bool {
        state.withLock { state in
            guard state.total < maxTotal else { return false }
            if let address {
                let open = state.byAddress[address, default: 0]
                if let maxPerAddress, open >= maxPerAddress { return false }
                state.byAddress[address] = open + 1
            }
            state.total += 1
            return true
        }
    }

    /// Gives a place back.
    func release(address: String?) {
        state.withLock { state in
            state.total -= 1
            guard let address, let open = state.byAddress[address] else { return }
            state.byAddress[address] = open > 1 ? open - 1 : nil
        }
    }
}
