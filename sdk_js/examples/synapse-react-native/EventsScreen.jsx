// One screen that lists the events of the Synapse API.
//   <EventsScreen config={config} />   with the configuration that mcs.init takes
import mcs from "@openmcs/sdk";
import React, { useCallback, useEffect, useState } from "react";
import { FlatList, RefreshControl, StyleSheet, Text, View } from "react-native";

function describe({ statusCode, data, message }) {
  if (statusCode === 0) return "The server cannot be reached.";
  return data?.detail ?? data?.message ?? data?.title ?? message;
}

async function fetchEvents(signal) {
  const { authorization, customCode } = mcs.mobileBackend;
  if (!authorization.isAuthorized) await authorization.authenticateAnonymous({ signal });
  const response = await customCode.invokeCustomCodeJSONRequest("synapse/event/info/all", "GET", null, { signal });
  return response.data?.data ?? [];
}

function Event({ event }) {
  return (
    <View style={styles.event}>
      <Text style={styles.name}>{event.name}</Text>
      <Text>
        {event.category} · {event.severity} · {new Date(event.startedOn).toLocaleString()}
      </Text>
      <Text style={styles.place}>
        {event.latitude}, {event.longitude}
      </Text>
    </View>
  );
}

export default function EventsScreen({ config }) {
  const [events, setEvents] = useState([]);
  const [failure, setFailure] = useState(null);
  const [loading, setLoading] = useState(false);

  const load = useCallback(async (signal) => {
    setLoading(true);
    setFailure(null);
    try {
      setEvents(await fetchEvents(signal));
    } catch (error) {
      if (!signal?.aborted) setFailure(describe(error));
    } finally {
      if (!signal?.aborted) setLoading(false);
    }
  }, []);

  useEffect(() => {
    const leaving = new AbortController();
    mcs.init(config);
    load(leaving.signal);
    return () => leaving.abort();
  }, [config, load]);

  return (
    <FlatList
      data={events}
      keyExtractor={(event) => String(event.id)}
      renderItem={({ item }) => <Event event={item} />}
      refreshControl={<RefreshControl refreshing={loading} onRefresh={() => load()} />}
      ListHeaderComponent={failure && <Text style={styles.failure}>{failure}</Text>}
      ListEmptyComponent={!loading && !failure && <Text style={styles.event}>No events.</Text>}
    />
  );
}

const styles = StyleSheet.create({
  event: { padding: 16, borderBottomWidth: StyleSheet.hairlineWidth, borderBottomColor: "#888" },
  name: { fontWeight: "600" },
  place: { color: "#666" },
  failure: { padding: 16, color: "#a40000" },
});
