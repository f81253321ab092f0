/// Where a manifest to begin with takes its data from: `files`, or a market by name (`named`).
package struct StarterSources: Sendable {
    /// What `--template` takes; empty for files.
    package let name: String
    let usualInstruments: [String]
    let timeframe: String
    /// Entries below `providers:` and `routes:`.
    let providers: String
    let route: String
    /// Folder that the providers read, made where it is missing; `nil` where that is for the user to name.
    package let folder: String?

    /// Files of bars, one for each instrument; `options` are further ones of the provider.
    package static func files(
        _ path: String, timeframe: String = "1d", options: [(name: String, value: String)] = []
    ) -> StarterSources {
        let set = options.map { "\n  \($0.name): \($0.value)" }.joined()
        return StarterSources(
            name: "", usualInstruments: ["AAPL.US", "IBM.US", "MSFT.US", "GOOG.US", "FB.US"], timeframe: timeframe,
            providers: """
                history:
                  plugin: local_history
                  path: "\(path)"           # one CSV file for each instrument: AAPL.csv, 600519.SH.csv\(set)
                """,
            route: "main: { from: [history] }", folder: nil)
    }

    /// Live sources of a market, your own files as the last resort; `nil` for a name that is not in `all`.
    package static func named(_ name: String) -> StarterSources? { all.first { $0.name == name } }

    /// The markets: without a network each comes up on what is stored, or on the files in `data/history`.
    package static let all = [aShares, usStocks, crypto, research]

    /// Asked when no live source answers.
    private static let lastResort = """
        history:                      # asked when nobody else answers: put files like 600519.SH.csv, AAPL.csv there
          plugin: local_history
          path: data/history
        """

    private static let aShares = StarterSources(
        name: "a-shares", usualInstruments: ["600519.SH", "601318.SH", "000858.SZ", "000001.SZ"], timeframe: "1d",
        providers: """
            akshare:                      # Eastmoney, then Sina, then Tencent; no key
              plugin: akshare
              connect_timeout: 2s
            # tushare:                    # with a token: add it to `from` behind akshare
            #   plugin: tushare
            #   token: "${secret:TUSHARE_TOKEN}"
            \(lastResort)
            """,
        route: """
            main: { from: [akshare], last_resort: history, accept: { max_age: 12d } }
            """, folder: "data/history")

    private static let usStocks = StarterSources(
        name: "us-stocks", usualInstruments: ["AAPL.US", "MSFT.US", "IBM.US", "SPY.US"], timeframe: "1d",
        providers: """
            yahoo:                        # no key; limits by address, so ask for few instruments
              plugin: yahoo
              connect_timeout: 2s
            # alpha:                      # with a key: add it to `from` behind yahoo
            #   plugin: alpha_vantage
            #   api_key: "${secret:ALPHA_VANTAGE_KEY}"
            #   limits: { per_day: 25 }
            \(lastResort)
            """,
        route: """
            main: { from: [yahoo], last_resort: history, accept: { max_age: 5d } }
            """, folder: "data/history")

    private static let crypto = StarterSources(
        name: "crypto", usualInstruments: ["BTC-USDT.BINANCE", "ETH-USDT.BINANCE"], timeframe: "1h",
        providers: """
            binance:                      # no key
              plugin: binance
              base_url: https://data-api.binance.vision
              since: 2024-01-01
              connect_timeout: 2s
            \(lastResort)
            """,
        route: """
            main: { from: [binance], last_resort: history, poll: 1m, accept: { max_age: 3h } }
            """, folder: "data/history")

    private static let research = StarterSources(
        name: "research", usualInstruments: ["AAPL.US", "MSFT.US", "IBM.US"], timeframe: "1d",
        providers: """
            history:                      # files first: the same rows in every run
              plugin: local_history
              path: data/history
            yahoo:                        # asked for what the files lack
              plugin: yahoo
              connect_timeout: 2s
            """,
        route: """
            main: { from: [history, yahoo] }
            """, folder: "data/history")
}
