/** The page: reads where it stands, and shows what the address names. */

import { render } from "preact";
import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import type { Latest } from "hub-client/read";

import { type Config, readConfig } from "./app/config.js";
import { Connection } from "./app/connection.js";
import { readRoute } from "./app/route.js";
import { type App, AppProvider, currencyOf } from "./app/state.js";
import { Frame } from "./frame/frame.js";
import { Page } from "./pages/index.js";

function Explorer({ config }: { config: Config }) {
  const [connection, connect] = useState(() => Connection.usual(config));
  const [hash, arrive] = useState(location.hash);
  const [latest, hear] = useState<Latest | undefined>(undefined);

  useEffect(() => {
    const arrived = () => arrive(location.hash);
    addEventListener("hashchange", arrived);
    return () => removeEventListener("hashchange", arrived);
  }, []);

  const route = useMemo(() => readRoute(hash), [hash]);
  const useNode = useCallback(
    (endpoint: string | undefined) => {
      connect(Connection.to(config, endpoint));
      hear(undefined);
    },
    [config],
  );
  const app: App = useMemo(
    () => ({ config, connection, useNode, route, currency: currencyOf(config, route.denom), latest, heard: hear }),
    [config, connection, useNode, route, latest],
  );
  const page = route.path.join("/");
  useEffect(() => scrollTo(0, 0), [page]);
  return (
    <AppProvider value={app}>
      <Frame>
        <Page key={page} />
      </Frame>
    </AppProvider>
  );
}

const place = document.getElementById("hub");
if (place !== null) {
  fetch("hub.json", { credentials: "omit" })
    .then(async (answer) => readConfig(await answer.json()))
    .then((config) => {
      place.textContent = "";
      render(<Explorer config={config} />, place);
    })
    .catch((error: unknown) => {
      place.textContent = `This page cannot read hub.json, which says where the Hub is: ${String(error)}`;
    });
}
