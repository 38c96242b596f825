int tabard_fixture_without_entry = 1;
