import Testing

/// What `penstock init --template` writes, where there is no network.
@Suite struct TemplateTests {
    /// Answers nobody: what a machine without a network has.
    private static let offline = [
        "https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9", "no_proxy": "",
    ]

    private func served(_ box: Sandbox, _ instrument: String) async throws -> Service {
        let child = try box.start(["run", "--listen", "127.0.0.1:0"], Self.offline)
        let service = Service(child: child, port: try await child.port())
        try await child.waits(for: "Serving on")
        #expect(try service.json("/api/v2/stocks/quotes?symbols=\(instrument)")["count"].number == 1)
        return service
    }

    @Test(arguments: [("us-stocks", "AAPL.US"), ("research", "IBM.US")])
    func comesUpOnTheFilesBesideIt(template: String, instrument: String) async throws {
        try await Sandbox.empty { box in
            #expect(try await box.run("init", "--template", template).code == 0)
            for name in ["AAPL", "MSFT", "IBM"] { try box.copyHistory(name, to: "data/history") }
            let service = try await served(box, instrument)
            #expect(try await service.stop() == 0)
        }
    }

    /// Vendors' files, taken into the store: nothing else is there. The source of a pipeline of coins pushes, that of shares is asked.
    @Test(arguments: ["crypto", "a-shares"]) func comesUpOnWhatWasImported(template: String) async throws {
        try await Sandbox.empty { box in
            #expect(try await box.run("init", "--template", template).code == 0)
            let isCoins = template == "crypto"
            let names =
                isCoins ? ["BTCUSDT-1h-2024-01.csv", "ETHUSDT-1h-2024-01.csv"] : ["600519.SH.csv", "601318.SH.csv"]
            for name in names { try box.write(isCoins ? Self.coins() : Self.shares(name), to: name) }
            let child = try box.start(["data", "import"] + names + ["--preset", isCoins ? "binance" : "tushare"])
            #expect(try await child.exitCode() == 0, "\(child.err)")
            let stored = try JSON(parsing: try await box.run("data", "stats", "--json").out)["series"].items
            #expect(
                stored.map { $0["instrument"].text ?? "" }.sorted()
                    == (isCoins ? ["BTC-USDT.BINANCE", "ETH-USDT.BINANCE"] : ["600519.SH", "601318.SH"]))
            #expect(stored.allSatisfy { $0["events"].number == 400 })
            let service = try await served(box, isCoins ? "BTC-USDT.BINANCE" : "600519.SH")
            let predictions = try service.json("/api/v2/ai/predictions")["predictions"].items
            #expect(predictions.count == 2, "\(service.child.err)")
            #expect(try await service.stop() == 0)
            let lines = service.child.err.split(separator: "\n").filter { $0.contains("cannot be reached") }
            #expect(!lines.isEmpty && Set(lines).count == lines.count, "each is told once: \(service.child.err)")
        }
    }

    /// Hours as the exchange publishes them.
    private static func coins() -> String {
        (0..<400).map { hour in
            let (start, price) = (1_704_067_200_000 + hour * 3_600_000, 42_000 + Double(hour * 37 % 101))
            return
                "\(start),\(price),\(price + 20),\(price - 20),\(price + 5),1\(hour % 10).5,\(start + 3_599_999),420000,9,5,200000,0\n"
        }.joined()
    }

    /// Days as `pro.daily` has them.
    private static func shares(_ file: String) -> String {
        let days = (0..<400).map { day in
            let (year, rest) = (2_022 + day / 200, day % 200)
            let (month, number) = (1 + rest / 20, 1 + rest % 20)
            let price = 1_700 + Double(day * 37 % 101)
            let date = year * 10_000 + month * 100 + number
            return
                "\(file.dropLast(4)),\(date),\(price),\(price + 9),\(price - 9),\(price + 3),\(30_000 + day),5100000\n"
        }
        return "ts_code,trade_date,open,high,low,close,vol,amount\n" + days.joined()
    }
}
