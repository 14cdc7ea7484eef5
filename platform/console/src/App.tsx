import { Button, Loader } from "@mantine/core";
import { useEffect } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { ApiPage } from "./pages/ApiPage";
import { ApisPage } from "./pages/ApisPage";
import { BackendPage } from "./pages/BackendPage";
import { BackendsPage } from "./pages/BackendsPage";
import { DeploymentsPage } from "./pages/DeploymentsPage";
import { HomePage } from "./pages/HomePage";
import { LogsPage } from "./pages/LogsPage";
import { RequestsPage } from "./pages/RequestsPage";
import { SignInPage } from "./pages/SignInPage";
import { UsersPage } from "./pages/UsersPage";
import { Layout } from "./shell/Layout";
import { Empty } from "./shell/parts";
import { useSession } from "./shell/session";

const TITLES: Record<string, string> = {
  "": "Home",
  "sign-in": "Sign in",
  requests: "Requests",
  logs: "Logs",
  backends: "Backends",
  apis: "APIs",
  deployments: "Deployments",
  users: "Users",
};

export function App() {
  const { name, error, retry } = useSession();
  const [path] = useLocation();
  useEffect(() => {
    document.title = `${TITLES[path.split("/")[1] ?? ""] ?? "Console"} · OpenMCS`;
  }, [path]);

  if (path === "/sign-in") return <SignInPage />;
  if (error) {
    return (
      <Empty title="The platform does not answer">
        <p>{error.message}</p>
        <Button onClick={retry}>Try again</Button>
      </Empty>
    );
  }
  if (name === undefined) {
    return (
      <Empty title="">
        <Loader aria-label="Loading" />
      </Empty>
    );
  }
  if (name === null) {
    const wanted = path + window.location.search;
    return <Redirect to={wanted === "/" ? "/sign-in" : `/sign-in?to=${encodeURIComponent(wanted)}`} />;
  }
  return (
    <Layout>
      <Switch>
        <Route path="/" component={HomePage} />
        <Route path="/requests" component={RequestsPage} />
        <Route path="/logs" component={LogsPage} />
        <Route path="/backends" component={BackendsPage} />
        <Route path="/backends/:id">{({ id }) => <BackendPage key={id} id={id} />}</Route>
        <Route path="/apis" component={ApisPage} />
        <Route path="/apis/:id">{({ id }) => <ApiPage key={id} id={id} />}</Route>
        <Route path="/deployments" component={DeploymentsPage} />
        <Route path="/users" component={UsersPage} />
        <Route>
          <Empty title="No such page">Choose one at the left.</Empty>
        </Route>
      </Switch>
    </Layout>
  );
}
