package import PluginKit

extension Bar {
    /// Reads a refused bar back from its text in quarantine; `nil` where that is no bar's, or was cut.
    package init?(refused text: String, of instrument: InstrumentID) {
        var numbers: [Substring: Substring] = [:]
        for part in text.split(separator: " ") {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2 else { return nil }
            numbers[pair[0]] = pair[1]
        }
        func number(_ name: Substring) -> Double? { numbers[name].flatMap { Double($0) } }
        guard numbers.count == 7, let time = numbers["time"].flatMap({ Int64($0) }), let open = number("open"),
            let high = number("high"), let low = number("low"), let close = number("close"),
            let volume = number("volume"), let amount = number("amount")
        else { return nil }
        self.init(
            time: time, open: open, high: high, low: low, close: close, volume: volume, amount: amount,
            instrument: instrument)
    }

    /// What keeps a refused bar from being accepted whatever a user says: it cannot be true of any bar.
    package var impossibility: QualityReason? {
        EventTimes.possible.contains(time) ? fault(QualityRules(hasAnySign: true)) : .impossibleTime
    }
}
