import { Tabs } from "@mantine/core";
import type { ReactNode } from "react";
import { useFilters } from "../shell/useFilters";

export interface Tab {
  id: string;
  name: string;
  content: () => ReactNode;
}

/** Parts of a page side by side; which one is shown is in the address. */
export function PageTabs({ tabs, label }: { tabs: Tab[]; label: string }) {
  const [filter, setFilter] = useFilters();
  const shown = tabs.find((tab) => tab.id === filter("tab")) ?? tabs[0];
  if (!shown) return null;
  return (
    <Tabs value={shown.id} onChange={(id) => setFilter({ tab: id === tabs[0]?.id ? null : id })} keepMounted={false}>
      <Tabs.List aria-label={label}>
        {tabs.map((tab) => (
          <Tabs.Tab key={tab.id} value={tab.id}>
            {tab.name}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {tabs.map((tab) => (
        <Tabs.Panel key={tab.id} value={tab.id} pt="md">
          <div className="stack">{tab.content()}</div>
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}
