/// What every new plugin in Python has; `@NAME@`, `@TYPE@` and `@KIND@` are filled in.
enum PythonTexts {
    static let ignored = """
        __pycache__/
        .venv/
        var/
        plugins/

        """

    static let readme = """
        # @KIND@/@NAME@

        @ABOUT@

        ```
        python3 -m unittest                         the tests of its parts
        penstock plugins test .                     the conformance suite; bronze, silver or gold
        penstock plugins lock --config plugins.yaml accepts the program as it is now
        penstock run --once --config plugins.yaml   runs it over data/IBM.csv, without a network
        ```

        | File | |
        |---|---|
        | `plugin.py` | the plugin and how it is served |
        | `@NAME@.py` | its parts: pure functions, which the tests call |
        | `test_@NAME@.py` | what is special about it |
        | `plugin.yaml` | what a host reads before it runs anything; after a change of the descriptor: `penstock plugins describe .` |
        | `conformance.yaml` | what `penstock plugins test` runs it with |
        | `plugins.yaml` | a host with this plugin, to try it |
        | `data/IBM.csv` | real daily bars: `seconds,open,high,low,close,volume` |

        The host lends the module `penstock_plugin`; packages of your own go into `requirements.txt`. To use it in a host of yours:
        `penstock plugins install .`, then name it in that host's `plugins.yaml`.

        """
}
