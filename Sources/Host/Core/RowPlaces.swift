import PluginKit

/// Which of the events of its instant each row of a delivery is about; all empty where events are alone at their time.
struct RowPlaces: Sendable {
    /// Of each event, and of its row of features.
    let events: [UInt32]
    /// Of each alert.
    private(set) var alerts: [UInt32] = []
    /// Of the predictions of each batch.
    private var predictions: [[UInt32]] = []

    init(events: [UInt32]) { self.events = events }

    /// Of the predictions of a batch.
    func of(prediction batch: Int) -> [UInt32] { events.isEmpty ? [] : predictions[batch] }

    /// Notes alerts about new levels: each is about the event that begins one.
    mutating func note(levels: [Alert], _ keys: [RowKey]) {
        guard !events.isEmpty else { return }
        alerts = levels.map { alert in
            let row = keys.firstIndex {
                $0.flags.contains(.newLevel) && $0.time == alert.time && $0.instrument == alert.instrument
            }
            return row.map { events[$0] } ?? 0
        }
    }

    /// Notes a batch of predictions made from some rows; the alerts about it are the last ones, in its order.
    mutating func note(_ made: PredictionBatch, from rows: [Int], _ alerts: [Alert]) {
        guard !events.isEmpty else { return }
        let places = rows.map { events[$0] }
        predictions.append(places)
        guard alerts.count > self.alerts.count else { return }
        self.alerts += made.rows.indices.filter { made.rows[$0].isDoubtful }.map { places[$0] }
    }
}

extension Prediction {
    /// Whether it rests on data that is old, or has a hole: there is an alert about it.
    var isDoubtful: Bool { !flags.isDisjoint(with: [.stale, .afterRejected]) }
}
