import CivilTime
import HostTrading

/// The fills of a run as a table.
package struct FillTable {
    private let run: BacktestResult.Run

    /// Takes a run.
    package init(_ run: BacktestResult.Run) { self.run = run }

    /// A header and a line a fill; times are those of bars' ends, UTC.
    package var csv: String {
        let header =
            "decided_at,filled_at,instrument,side,quantity,price,amount,commission,stamp_duty,transfer_fee,levy,profit\n"
        return header
            + run.fills.map { fill in
                let fees = fill.fees
                let numbers = [
                    fill.quantity.number, fill.price.number, fill.amount.number, fees.commission.number,
                    fees.stampDuty.number, fees.transfer.number, fees.levy.number, fill.profit.number,
                ]
                return
                    ([
                        ISO8601.format(fill.decidedAt, decimals: 0), ISO8601.format(fill.time, decimals: 0),
                        run.members[fill.place], fill.side.rawValue,
                    ] + numbers.map { "\($0)" }).joined(separator: ",") + "\n"
            }.joined()
    }
}
