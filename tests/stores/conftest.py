"""What the tests of stores share."""

import pytest

# Contract suites hold the assertions, and are no test modules themselves.
for suite in ("gallery_rows", "gallery_values", "catalog", "image_files", "accounts", "snapshots"):
    pytest.register_assert_rewrite(f"tests.stores.{suite}_contract")
