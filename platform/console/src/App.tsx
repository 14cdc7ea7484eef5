import { Button, Loader } from "@mantine/core";
import { lazy, Suspense, useEffect } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { Layout } from "./shell/Layout";
import { Empty, PageHead } from "./shell/parts";
import { useSession } from "./shell/session";

// Each page is a file of its own that is fetched when it is opened first.
const HomePage = lazy(() => import("./pages/HomePage"));
const RequestsPage = lazy(() => import("./pages/RequestsPage"));
const LogsPage = lazy(() => import("./pages/LogsPage"));
const HealthPage = lazy(() => import("./pages/HealthPage"));
const AnalyticsPage = lazy(() => import("./pages/AnalyticsPage"));
const BackendsPage = lazy(() => import("./pages/BackendsPage"));
const BackendPage = lazy(() => import("./pages/BackendPage"));
const ApisPage = lazy(() => import("./pages/ApisPage"));
const ApiPage = lazy(() => import("./pages/ApiPage"));
const ConnectorsPage = lazy(() => import("./pages/ConnectorsPage"));
const ConnectorPage = lazy(() => import("./pages/ConnectorPage"));
const ConfigurationPage = lazy(() => import("./pages/ConfigurationPage"));
const DeploymentsPage = lazy(() => import("./pages/DeploymentsPage"));
const UsersPage = lazy(() => import("./pages/UsersPage"));
const PoliciesPage = lazy(() => import("./pages/PoliciesPage"));
const TeamPage = lazy(() => import("./pages/TeamPage"));
const DeletedPage = lazy(() => import("./pages/DeletedPage"));
const ActivityPage = lazy(() => import("./pages/ActivityPage"));
const AccountPage = lazy(() => import("./pages/AccountPage"));
const SignInPage = lazy(() => import("./pages/SignInPage"));

const TITLES: Record<string, string> = {
  "": "Home",
  "sign-in": "Sign in",
  requests: "Requests",
  logs: "Logs",
  backends: "Backends",
  apis: "APIs",
  connectors: "Connectors",
  configuration: "Configuration",
  deployments: "Deployments",
  users: "Users and roles",
  health: "Health",
  analytics: "Analytics",
  policies: "Policies",
  team: "Team",
  deleted: "Deleted",
  activity: "Activity",
  account: "Account",
};

export function App() {
  const { name, error, retry } = useSession();
  const [path] = useLocation();
  useEffect(() => {
    document.title = `${TITLES[path.split("/")[1] ?? ""] ?? "Console"} · OpenMCS`;
  }, [path]);

  if (path === "/sign-in") {
    return (
      <Suspense fallback={<Waiting />}>
        <SignInPage />
      </Suspense>
    );
  }
  if (error) {
    return (
      <Empty title="The platform does not answer">
        <p>{error.message}</p>
        <Button onClick={retry}>Try again</Button>
      </Empty>
    );
  }
  if (name === undefined) {
    return <Waiting />;
  }
  if (name === null) {
    const wanted = path + window.location.search;
    return <Redirect to={wanted === "/" ? "/sign-in" : `/sign-in?to=${encodeURIComponent(wanted)}`} />;
  }
  return (
    <Layout>
      <Suspense fallback={<Waiting />}>
        <Switch>
          <Route path="/" component={HomePage} />
          <Route path="/requests" component={RequestsPage} />
          <Route path="/logs" component={LogsPage} />
          <Route path="/health" component={HealthPage} />
          <Route path="/analytics" component={AnalyticsPage} />
          <Route path="/backends" component={BackendsPage} />
          <Route path="/backends/:id">{({ id }) => <BackendPage key={id} id={id} />}</Route>
          <Route path="/apis" component={ApisPage} />
          <Route path="/apis/:id">{({ id }) => <ApiPage key={id} id={id} />}</Route>
          <Route path="/connectors" component={ConnectorsPage} />
          <Route path="/connectors/:id">{({ id }) => <ConnectorPage key={id} id={id} />}</Route>
          <Route path="/configuration" component={ConfigurationPage} />
          <Route path="/deployments" component={DeploymentsPage} />
          <Route path="/users" component={UsersPage} />
          <Route path="/policies" component={PoliciesPage} />
          <Route path="/team" component={TeamPage} />
          <Route path="/deleted" component={DeletedPage} />
          <Route path="/activity" component={ActivityPage} />
          <Route path="/account" component={AccountPage} />
          <Route>
            <PageHead title="No such page" under="Choose one in the menu." />
          </Route>
        </Switch>
      </Suspense>
    </Layout>
  );
}

function Waiting() {
  return (
    <Empty title="">
      <Loader aria-label="Loading" />
    </Empty>
  );
}
